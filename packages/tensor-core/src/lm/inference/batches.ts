/** Many rows through a device in batches of similar length. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { GenerationOptions, LmError } from '../../contracts'

/** Batches of similar length; results in the order of the input. */
export const inBatches = <A, B>(
  items: ReadonlyArray<A>,
  lengthOf: (a: A) => number,
  size: number,
  work: (batch: ReadonlyArray<A>, at: ReadonlyArray<number>) => TE.TaskEither<LmError, ReadonlyArray<B>>,
): TE.TaskEither<LmError, ReadonlyArray<B>> => {
  const order = items.map((a, i) => ({ i, n: lengthOf(a) })).sort((x, y) => x.n - y.n || x.i - y.i)
  return pipe(
    order.map(({ i }) => i),
    RA.chunksOf(size),
    TE.traverseSeqArray((at) =>
      pipe(
        work(
          at.flatMap((i) => {
            const a = items[i]
            return a === undefined ? [] : [a]
          }),
          at,
        ),
        TE.map((results) => at.map((i, k) => [i, results[k]] as const)),
      ),
    ),
    TE.map((parts) => {
      const byIndex = new Map(parts.flat())
      return items.flatMap((_, i) => {
        const b = byIndex.get(i)
        return b === undefined ? [] : [b]
      })
    }),
  )
}

/** The options of the rows at these places: limits and random streams stay with their rows. */
export const chosenOptions = (o: GenerationOptions, at: ReadonlyArray<number>): GenerationOptions => ({
  ...o,
  maxNewTokens:
    typeof o.maxNewTokens === 'number'
      ? o.maxNewTokens
      : at.map((i) => (typeof o.maxNewTokens === 'number' ? 0 : (o.maxNewTokens[i] ?? 0))),
  streams: at.map((i) => o.streams?.[i] ?? i),
})
