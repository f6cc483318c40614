/** Many rows through a device in batches of similar length. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'

/**
 * Batches of similar length, one after the other.
 *
 * @param work results of one batch, one per item @returns all results, in the order of the items
 */
export const inBatches = <E, A, B>(
  items: ReadonlyArray<A>,
  lengthOf: (a: A) => number,
  size: number,
  work: (batch: ReadonlyArray<A>) => TE.TaskEither<E, ReadonlyArray<B>>,
): TE.TaskEither<E, ReadonlyArray<B>> =>
  pipe(
    items.map((item, place) => ({ item, place, length: lengthOf(item) })),
    (placed) => [...placed].sort((x, y) => x.length - y.length || x.place - y.place),
    RA.chunksOf(size),
    TE.traverseSeqArray((batch) =>
      pipe(
        work(batch.map(({ item }) => item)),
        TE.map((results) => RA.zipWith(batch, results, ({ place }, result) => ({ place, result }))),
      ),
    ),
    TE.map((parts) => [...parts.flat()].sort((x, y) => x.place - y.place).map(({ result }) => result)),
  )
