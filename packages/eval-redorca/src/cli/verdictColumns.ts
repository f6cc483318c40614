/** Verdicts of named judges over rows: those stored with the rows under that id, else asked of the judge now. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Context } from '@safe/tensor-core/cli'
import { type Fault, type Judge, type JudgeItem, badInput } from '@safe/tensor-core/contracts'
import type { JudgeUse, OpenedJudge } from '@safe/tensor-core/judges'
import { type JudgeChoice, judgeModel } from '../config/judgeChoice'
import { type Axes, speaksOfHarm, storedVerdicts } from '../results/verdictAxes'
import type { NamedJudge } from './judgeOptions'
import { type JudgeDoor, eachJudge, judgedBy } from './judgesInTurn'
import type { Row } from './rowFields'

// model ------------------------------------------------------------------------------------------

/** Opens a judge that a command line names. */
export type OpenNamed = (choice: JudgeChoice, use: JudgeUse) => TE.TaskEither<Fault, OpenedJudge>

/** One judge's verdicts, one per row. */
export interface VerdictColumn {
  readonly id: string
  /** Whether it speaks of harm; otherwise of refusal alone. */
  readonly ofHarm: boolean
  readonly verdicts: ReadonlyArray<Axes>
}

// parts ------------------------------------------------------------------------------------------

/** The verdicts that the rows carry under a name. @returns undefined where none does; left `BadRow` where some do and others do not */
const storedColumn =
  (rows: ReadonlyArray<Row>) =>
  ({ text: id }: NamedJudge): E.Either<Fault, VerdictColumn | undefined> =>
    pipe(
      rows,
      E.traverseArray((row) => storedVerdicts(row.where)(row.value)),
      E.chain((stored) => {
        const found = stored.map((verdicts) => (Object.hasOwn(verdicts, id) ? verdicts[id] : undefined))
        const verdicts = found.flatMap((v) => v ?? [])
        return verdicts.length === 0
          ? E.right(undefined)
          : verdicts.length === rows.length
            ? E.right({ id, ofHarm: speaksOfHarm(verdicts), verdicts })
            : E.left(
                badInput('BadRow', `has no verdict of ${id}, other rows have one`, {
                  where: rows[found.indexOf(undefined)]?.where ?? '',
                  remedy: 'judge all rows, or none',
                }),
              )
      }),
    )

const askedColumn =
  (context: Context, items: ReadonlyArray<JudgeItem>) =>
  (judge: Judge): TE.TaskEither<Fault, VerdictColumn> =>
    pipe(
      // Rows may share an id, as answers of several cells do; judges must tell items apart.
      judgedBy(context)(
        judge,
        items.map((item, i) => ({ ...item, id: String(i) })),
      ),
      TE.map((judgements) => ({
        id: judge.id,
        ofHarm: judge.axes.includes('harmful'),
        verdicts: judgements.map((j) => j.verdict),
      })),
    )

const door = (open: OpenNamed): JudgeDoor<NamedJudge, Judge> => ({
  open: ({ choice }, use) => open(choice, use),
  modelOf: ({ choice }) => judgeModel(choice),
})

// constructors -----------------------------------------------------------------------------------

/**
 * The verdicts of judges over all rows, in the order of the judges.
 *
 * @returns left `BadRow`: some rows carry a verdict of a judge and others do not; or a judge that cannot be opened or asked
 */
export const verdictColumns =
  (open: OpenNamed, context: Context) =>
  (
    judges: ReadonlyArray<NamedJudge>,
    rows: ReadonlyArray<Row>,
    items: ReadonlyArray<JudgeItem>,
  ): TE.TaskEither<Fault, ReadonlyArray<VerdictColumn>> =>
    pipe(
      judges,
      E.traverseArray(storedColumn(rows)),
      TE.fromEither,
      TE.chain((stored) => {
        const unknown = judges.filter((_, i) => stored[i] === undefined)
        return pipe(
          eachJudge(door(open), context, unknown)(askedColumn(context, items)),
          TE.map((asked) => {
            const rest = [...asked]
            return stored.flatMap((column) => column ?? rest.shift() ?? [])
          }),
        )
      }),
    )
