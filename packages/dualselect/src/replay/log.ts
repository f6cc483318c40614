/** A selection log read back: what an earlier run selected, by optimizer step. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type LmError, type RuleNote, badInput } from '@safe/tensor-core/contracts'
import { decodeAs } from '@safe/tensor-core/files'
import { logRows } from '../logRows'

// model ------------------------------------------------------------------------------------------

const Whole = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a whole number')
const Share = t.refinement(t.number, (x) => x >= 0 && x <= 1, 'a weight from 0 to 1')

const LoggedSelection = t.type(
  {
    epoch: Whole,
    step: Whole,
    kind: t.keyof({ reference: null, task: null }, 'reference or task'),
    indices: t.readonlyArray(Whole, 'a list of rows'),
    weights: t.readonlyArray(Share, 'a list of weights'),
  },
  'a selection',
)

/** One row of a log, with the fields that a replay does not read as they came. */
export type LoggedSelection = Readonly<t.TypeOf<typeof LoggedSelection>> & {
  /** `file:line` */
  readonly where: string
  /** The row as it stands in the log: the replay's own log repeats it. */
  readonly note: RuleNote
}

/** The selections of one run. */
export interface SelectionLog {
  /** The file. */
  readonly name: string
  readonly rows: ReadonlyArray<LoggedSelection>
}

// reading ----------------------------------------------------------------------------------------

/** Weights of a selection sum to 1 up to the rounding of their decimal digits. */
const tolerance = 1e-6

const problemOf = ({ indices, weights }: t.TypeOf<typeof LoggedSelection>): string | undefined =>
  indices.length === 0 || indices.length !== weights.length
    ? `holds ${indices.length} rows and ${weights.length} weights`
    : new Set(indices).size < indices.length
      ? 'selects a row twice'
      : Math.abs(weights.reduce((s, w) => s + w, 0) - 1) > tolerance
        ? 'has weights that do not sum to 1'
        : undefined

const selectionOf =
  (path: string) =>
  ({
    value,
    line,
  }: {
    readonly value: RuleNote
    readonly line: number
  }): E.Either<LmError, LoggedSelection> => {
    const where = `${path}:${line}`
    return pipe(
      value,
      decodeAs<'BadRow'>('BadRow')(LoggedSelection, where),
      E.chainW((row): E.Either<LmError, LoggedSelection> => {
        const problem = problemOf(row)
        return problem === undefined
          ? E.right({ ...row, where, note: value })
          : E.left(badInput('BadRow', problem, { where, remedy: 'give a log as it was written' }))
      }),
    )
  }

/** Reads a selection log; its warnings are left out. @returns left naming the file and line of a row that is no selection */
export const readSelectionLog = (path: string): TE.TaskEither<LmError, SelectionLog> =>
  pipe(
    logRows(path),
    TE.chainEitherKW((rows) =>
      pipe(
        rows.filter(({ value }) => value['kind'] !== 'warning'),
        E.traverseArray(selectionOf(path)),
      ),
    ),
    TE.map((rows) => ({ name: path, rows })),
  )
