/** What a training run selected over time, read from its two logs. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeAs } from '@safe/tensor-core/files'
import type { Row } from '@safe/tensor-core/formats'
import { jaccard } from '../diagnostics'
import { logRows } from '../logRows'

// model ------------------------------------------------------------------------------------------

const Known = t.readonlyArray(t.union([t.number, t.null]))

const StoryRow = t.intersection([
  t.type({
    step: t.number,
    kind: t.keyof({ reference: null, task: null }),
    indices: t.readonlyArray(t.number),
    weights: t.readonlyArray(t.number),
    losses: Known,
    cosines: Known,
  }),
  t.partial({
    among: t.type({
      rows: t.number,
      loss: t.union([t.number, t.null]),
      conflict: t.union([t.number, t.null]),
    }),
  }),
])
/** One selection. Logs of earlier versions do not say what a selection was made among. */
export type StoryRow = Readonly<t.TypeOf<typeof StoryRow>>

const StepRow = t.type({ step: t.number, loss: t.union([t.number, t.null]) })

/** A run: its refreshes, its batches, its steps. */
export interface TrainingStory {
  readonly references: ReadonlyArray<StoryRow>
  readonly tasks: ReadonlyArray<StoryRow>
  readonly steps: ReadonlyArray<Readonly<t.TypeOf<typeof StepRow>>>
}

// reading ----------------------------------------------------------------------------------------

const decoded =
  <A>(codec: t.Decoder<unknown, A>, path: string) =>
  (rows: ReadonlyArray<Row>): E.Either<Fault, ReadonlyArray<A>> =>
    pipe(
      rows,
      E.traverseArray(({ value, line }) => pipe(value, decodeAs('FileDamaged')(codec, `${path}:${line}`))),
    )

/** @param selections the selection log @param steps the training log */
export const readTrainingStory = (selections: string, steps: string): TE.TaskEither<Fault, TrainingStory> =>
  pipe(
    TE.Do,
    TE.bindW('chosen', () =>
      pipe(
        logRows(selections),
        TE.map((rows) => rows.filter(({ value }) => value['kind'] !== 'warning')),
        TE.chainEitherKW(decoded(StoryRow, selections)),
      ),
    ),
    TE.bindW('stepped', () => pipe(logRows(steps), TE.chainEitherKW(decoded(StepRow, steps)))),
    TE.map(({ chosen, stepped }) => ({
      references: chosen.filter(({ kind }) => kind === 'reference'),
      tasks: chosen.filter(({ kind }) => kind === 'task'),
      steps: stepped,
    })),
  )

// measures ---------------------------------------------------------------------------------------

const known = (values: ReadonlyArray<number | null>): ReadonlyArray<number> =>
  values.flatMap((x) => (x === null ? [] : [x]))

const mean = (values: ReadonlyArray<number>): number =>
  values.length === 0 ? Number.NaN : values.reduce((s, x) => s + x, 0) / values.length

/** Mean loss of the selected rows, nats; NaN where it was not measured. */
export const selectedLoss = ({ losses }: StoryRow): number => mean(known(losses))

/** Mean loss of all rows that the selection was made among. */
export const wholeLoss = ({ among }: StoryRow): number => among?.loss ?? Number.NaN

/** The share of selected rows whose gradient points against the other side's. */
export const selectedConflict = ({ cosines }: StoryRow): number =>
  mean(known(cosines).map((c) => (c < 0 ? 1 : 0)))

/** The same of all rows that the selection was made among. */
export const wholeConflict = ({ among }: StoryRow): number => among?.conflict ?? Number.NaN

/** Jaccard of each selection with the one before it; one fewer than there are selections. */
export const overlaps = (rows: ReadonlyArray<StoryRow>): ReadonlyArray<{ step: number; overlap: number }> =>
  rows.flatMap((row, i) => {
    const before = rows[i - 1]
    return before === undefined
      ? []
      : [{ step: row.step, overlap: jaccard(new Set(before.indices), new Set(row.indices)) }]
  })

/** How often each row was selected, most often first; ties by row. */
export const timesSelected = (
  rows: ReadonlyArray<StoryRow>,
): ReadonlyArray<{ readonly number: number; readonly times: number }> => {
  const times = rows
    .flatMap(({ indices }) => indices)
    .reduce((m, n) => m.set(n, (m.get(n) ?? 0) + 1), new Map<number, number>())
  return [...times]
    .map(([number, count]) => ({ number, times: count }))
    .sort((a, b) => b.times - a.times || a.number - b.number)
}
