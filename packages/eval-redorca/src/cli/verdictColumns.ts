/** Verdicts of named judges over rows: those stored with the rows under that id, else asked of the judge now. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, hubUseOf } from '@safe/tensor-core/cli'
import { type Fault, type JudgeItem, badInput } from '@safe/tensor-core/contracts'
import type { JudgeUse, OpenedJudge } from '@safe/tensor-core/judges'
import { type Axes, speaksOfHarm, storedVerdicts } from '../results/verdictAxes'
import type { Row } from './rowFields'

// model ------------------------------------------------------------------------------------------

/** Opens a judge by its specification. */
export type OpenJudge = (spec: string, use: JudgeUse) => TE.TaskEither<Fault, OpenedJudge>

/** One judge's verdicts, one per row. */
export interface VerdictColumn {
  readonly id: string
  /** Whether it speaks of harm; otherwise of refusal alone. */
  readonly ofHarm: boolean
  readonly verdicts: ReadonlyArray<Axes>
}

// parts ------------------------------------------------------------------------------------------

/** How a command runs judges: stopped with it, downloads shown as its progress. */
export const judgeUseOf = (context: Context): JudgeUse => ({
  ...hubUseOf(context),
  dtype: context.common.dtype,
  onWarning: context.warn,
})

/** A fault about a judge names the option, unless it names a place itself. */
export const atJudgeOption = (fault: Fault): Fault => ({ where: '--judge', ...fault })

const asked = (
  open: OpenJudge,
  spec: string,
  items: ReadonlyArray<JudgeItem>,
  use: JudgeUse,
): TE.TaskEither<Fault, VerdictColumn> =>
  TE.bracket(
    pipe(open(spec, use), TE.mapLeft(atJudgeOption)),
    ({ judge }) =>
      pipe(
        // Rows may share an id, as answers of several cells do; judges must tell items apart.
        judge.judge(items.map((item, i) => ({ ...item, id: String(i) }))),
        TE.map((judgements) => ({
          id: judge.id,
          ofHarm: judge.axes.includes('harmful'),
          verdicts: judgements.map((j) => j.verdict),
        })),
      ),
    ({ dispose }) => TE.fromIO(dispose),
  )

// constructors -----------------------------------------------------------------------------------

/**
 * The verdicts of one judge over all rows.
 *
 * @returns left `BadRow`: some rows carry a verdict of that id and others do not
 */
export const verdictColumn =
  (open: OpenJudge, use: JudgeUse) =>
  (
    spec: string,
    rows: ReadonlyArray<Row>,
    items: ReadonlyArray<JudgeItem>,
  ): TE.TaskEither<Fault, VerdictColumn> =>
    pipe(
      rows,
      E.traverseArray((row) => storedVerdicts(row.where)(row.value)),
      TE.fromEither,
      TE.chain((stored) => {
        const found = stored.map((verdicts) => (Object.hasOwn(verdicts, spec) ? verdicts[spec] : undefined))
        const verdicts = found.flatMap((v) => v ?? [])
        if (verdicts.length === 0) return asked(open, spec, items, use)
        return verdicts.length === rows.length
          ? TE.right({ id: spec, ofHarm: speaksOfHarm(verdicts), verdicts })
          : TE.left(
              badInput('BadRow', `has no verdict of ${spec}, other rows have one`, {
                where: rows[found.indexOf(undefined)]?.where ?? '',
                remedy: 'judge all rows, or none',
              }),
            )
      }),
    )
