/**
 * Rows in an order whose batches hold rows of similar length: within groups of fifty batches of a shuffled order, the longest
 * first; then the batches in random order. As transformers' `group_by_length`, which only leaves the batches in their order.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import { pipe } from 'fp-ts/function'

/** Batches that are sorted together: few enough that epochs differ. */
const GROUP = 50

/**
 * @param order rows as shuffled
 * @param shuffled an order for the whole batches; one that is not whole stays last
 * @returns the same rows; consecutive runs of `batchSize` are the batches
 */
export const lengthGroups = (
  order: ReadonlyArray<number>,
  batchSize: number,
  lengthOf: (row: number) => number,
  shuffled: (batches: ReadonlyArray<ReadonlyArray<number>>) => ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<number> => {
  const sorted = pipe(
    order,
    RA.chunksOf(GROUP * batchSize),
    RA.chain((group) => [...group].sort((a, b) => lengthOf(b) - lengthOf(a))),
  )
  const batches = RA.chunksOf(batchSize)(sorted)
  const whole = batches.filter((batch) => batch.length === batchSize)
  const rest = batches.filter((batch) => batch.length < batchSize)
  return [...shuffled(whole), ...rest].flat()
}
