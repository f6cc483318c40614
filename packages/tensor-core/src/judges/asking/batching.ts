/** Which prompts are read together, and what they have in common. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** Shorter beginnings are not worth a session of their own. */
const shortestShared = 16

/** How many tokens all rows begin with, 0 where that is little; each row keeps at least one token of its own. */
export const sharedLength = (rows: Rows): number => {
  const [first = []] = rows
  const most = rows.reduce((least, row) => Math.min(least, row.length - 1), first.length)
  let shared = 0
  while (shared < most && rows.every((row) => row[shared] === first[shared])) shared++
  return rows.length > 1 && shared >= shortestShared ? shared : 0
}

/** Most tokens of a batch, padding included: keys and values are held for each. */
const mostTokens = 8192

/** Places of the rows in batches of similar length: at most `size` rows, and fewer where they are long. */
export const batchesOf = (rows: Rows, size: number): ReadonlyArray<ReadonlyArray<number>> => {
  const order = rows
    .map((row, place) => ({ place, length: row.length }))
    .sort((a, b) => a.length - b.length || a.place - b.place)
  const batches: Array<Array<number>> = []
  for (const { place, length } of order) {
    const last = batches.at(-1)
    if (last !== undefined && last.length < size && (last.length + 1) * length <= mostTokens) last.push(place)
    else batches.push([place])
  }
  return batches
}

/** Works on batches one after the other. @returns all results, in the order of the rows */
export const inTokenBatches = <E, B>(
  rows: Rows,
  size: number,
  work: (batch: Rows) => TE.TaskEither<E, ReadonlyArray<B>>,
): TE.TaskEither<E, ReadonlyArray<B>> =>
  pipe(
    batchesOf(rows, size),
    TE.traverseSeqArray((places) =>
      pipe(
        work(places.map((place) => rows[place] ?? [])),
        TE.map((results) => results.map((result, i) => ({ place: places[i] ?? 0, result }))),
      ),
    ),
    TE.map((parts) => [...parts.flat()].sort((a, b) => a.place - b.place).map(({ result }) => result)),
  )
