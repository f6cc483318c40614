/**
 * Passes over a pool of rows, batch by batch: what is measured of each row, and the weighted mean gradient of some. Memory does
 * not grow with the pool.
 */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Example,
  type GradientOracle,
  type LmError,
  type VectorSpace,
  interrupted,
} from '@safe/tensor-core/contracts'
import type { Measures } from './score'
import type { Selection } from './selection'

// model ------------------------------------------------------------------------------------------

/** How the pool of references is walked through. */
export interface PoolOptions {
  readonly batchSize: number
  /** Called after each batch of a pass: references done so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void
  /** Aborted: the pass stops before its next batch. */
  readonly signal?: AbortSignal
}

// batches ----------------------------------------------------------------------------------------

const rows = (pool: ReadonlyArray<Example>, positions: ReadonlyArray<number>): ReadonlyArray<Example> =>
  positions.flatMap((i) => pool[i] ?? [])

/** Folds over batches in order; `onLeft` frees what has been gathered when a batch fails. */
const foldBatches =
  <S>(initial: S, onLeft: (s: S) => void, signal?: AbortSignal) =>
  (
    batches: ReadonlyArray<ReadonlyArray<number>>,
    step: (s: S, batch: ReadonlyArray<number>) => TE.TaskEither<LmError, S>,
  ): TE.TaskEither<LmError, S> =>
  async () => {
    let state = initial
    for (const batch of batches) {
      const next =
        signal?.aborted === true
          ? E.left(interrupted('Interrupted', 'stopped while gradients were measured'))
          : await step(state, batch)()
      if (E.isLeft(next)) {
        onLeft(state)
        return next
      }
      state = next.right
    }
    return TE.right(state)()
  }

// sums -------------------------------------------------------------------------------------------

/** sum + k a, where the sum so far is ours to replace. */
const accumulate =
  <G>(space: VectorSpace<G>) =>
  (sum: G | undefined, k: number, a: G): G => {
    const scaled = space.scale(k, a)
    if (sum === undefined) return scaled
    const next = space.add(sum, scaled)
    space.free(scaled)
    space.free(sum)
    return next
  }

const freeing =
  <G>(space: VectorSpace<G>) =>
  (sum: G | undefined): void => {
    if (sum !== undefined) space.free(sum)
  }

// measuring --------------------------------------------------------------------------------------

/** Losses, and cosines with a direction (0 where there is none), of the whole pool: one batched backward per batch. */
export const measurePool = <G>(
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  direction: G | undefined,
  { batchSize, onProgress, signal }: PoolOptions,
): TE.TaskEither<LmError, Measures> => {
  const losses = new Float32Array(pool.length)
  const cosines = new Float32Array(pool.length)
  const positions = pool.map((_, i) => i)
  return pipe(
    foldBatches<number>(
      0,
      () => undefined,
      signal,
    )(RA.chunksOf(batchSize)(positions), (done, batch) =>
      pipe(
        oracle.gradients(rows(pool, batch), { kind: 'deterministic' }),
        TE.map((gradients) => {
          losses.set(gradients.losses, done)
          if (direction !== undefined) cosines.set(gradients.cosines(direction), done)
          gradients.dispose()
          onProgress?.(done + batch.length, pool.length)
          return done + batch.length
        }),
      ),
    ),
    TE.map(() => ({ losses, cosines })),
  )
}

/** The weighted mean gradient of selected rows of a pool, batch by batch. The vector is the receiver's. */
export const weightedGradient = <G>(
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  selection: Selection,
  { batchSize, onProgress, signal }: PoolOptions,
): TE.TaskEither<LmError, G> => {
  const { space } = oracle
  const weightOf = new Map(selection.indices.map((i, rank) => [i, selection.weights[rank] ?? 0]))
  const positions = [...selection.indices].sort((a, b) => a - b)
  const total = selection.weights.reduce((s, w) => s + w, 0)
  const state = { done: 0 }
  return pipe(
    foldBatches<G | undefined>(
      undefined,
      freeing(space),
      signal,
    )(RA.chunksOf(batchSize)(positions), (sum, batch) => {
      const weights = batch.map((i) => weightOf.get(i) ?? 0)
      const mass = weights.reduce((s, w) => s + w, 0)
      if (mass === 0) return TE.right(sum)
      return pipe(
        oracle.mean(rows(pool, batch), { kind: 'deterministic' }, Float32Array.from(weights)),
        TE.map(({ gradient }) => {
          const next = accumulate(space)(sum, mass / total, gradient)
          space.free(gradient)
          state.done += batch.length
          onProgress?.(state.done, positions.length)
          return next
        }),
      )
    }),
    TE.map((sum) => sum ?? space.zero()),
  )
}

/** A gradient, and what was measured of the rows that made it; NaN for all others. */
export interface MeasuredGradient<G> {
  readonly gradient: G
  readonly measures: Measures
}

/** As `weightedGradient` for rows of equal weight, with the loss and cosine of each: one batched backward gives all three. */
export const measuredGradient = <G>(
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  { positions, direction }: { readonly positions: ReadonlyArray<number>; readonly direction: G | undefined },
  { batchSize, onProgress, signal }: PoolOptions,
): TE.TaskEither<LmError, MeasuredGradient<G>> => {
  const { space } = oracle
  const measures = {
    losses: new Float32Array(pool.length).fill(Number.NaN),
    cosines: new Float32Array(pool.length).fill(Number.NaN),
  }
  const share = 1 / positions.length
  const state = { done: 0 }
  return pipe(
    foldBatches<G | undefined>(
      undefined,
      freeing(space),
      signal,
    )(RA.chunksOf(batchSize)(positions), (sum, batch) =>
      pipe(
        oracle.gradients(rows(pool, batch), { kind: 'deterministic' }),
        TE.map((gradients) => {
          const cosines = direction === undefined ? undefined : gradients.cosines(direction)
          batch.forEach((i, k) => {
            measures.losses[i] = gradients.losses[k] ?? Number.NaN
            measures.cosines[i] = cosines?.[k] ?? 0
          })
          const mean = gradients.weightedMean(new Float32Array(batch.length).fill(1))
          gradients.dispose()
          const next = accumulate(space)(sum, batch.length * share, mean)
          space.free(mean)
          state.done += batch.length
          onProgress?.(state.done, positions.length)
          return next
        }),
      ),
    ),
    TE.map((sum) => ({ gradient: sum ?? space.zero(), measures })),
  )
}
