/**
 * The reference side: measure the pool, select, and form the frozen gradient gR.
 *
 * Two passes, so that memory does not grow with the pool: the first keeps two numbers per reference, the second takes gradients
 * of the selected only. Sets that are not chosen by score need the second alone.
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
import { stream } from '@safe/tensor-core/random'
import { type DualSelectOptions, referenceCount } from './defaults'
import { type Measures, referenceScores } from './score'
import { type Selection, equalWeights, firstK, ranking, softWeights } from './selection'

// model ------------------------------------------------------------------------------------------

/** A fresh reference gradient, and how it was chosen. */
export interface Refreshed<G> {
  /** gR, the receiver's. */
  readonly gradient: G
  readonly selection: Selection
  /** By position in the pool; NaN where not measured. */
  readonly measures: Measures
  readonly scores: ReadonlyArray<number>
}

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
  const free = (sum: G | undefined): void => {
    if (sum !== undefined) space.free(sum)
  }
  const state = { done: 0 }
  return pipe(
    foldBatches<G | undefined>(
      undefined,
      free,
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

/** As `weightedGradient` with the loss and cosine of each of these rows: one batched backward gives all three. */
const measuredGradient = <G>(
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  selection: Selection,
  direction: G | undefined,
  { batchSize, onProgress, signal }: PoolOptions,
): TE.TaskEither<LmError, { readonly gradient: G; readonly measures: Measures }> => {
  const { space } = oracle
  const measures = {
    losses: new Float32Array(pool.length).fill(Number.NaN),
    cosines: new Float32Array(pool.length).fill(Number.NaN),
  }
  const share = 1 / selection.indices.length
  const state = { done: 0 }
  const free = (sum: G | undefined): void => {
    if (sum !== undefined) space.free(sum)
  }
  return pipe(
    foldBatches<G | undefined>(
      undefined,
      free,
      signal,
    )(RA.chunksOf(batchSize)(selection.indices), (sum, batch) =>
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
          onProgress?.(state.done, selection.indices.length)
          return next
        }),
      ),
    ),
    TE.map((sum) => ({ gradient: sum ?? space.zero(), measures })),
  )
}

// selecting --------------------------------------------------------------------------------------

/** The K_R references of the largest scores. */
export const selectReferences =
  (o: DualSelectOptions) =>
  (scores: ReadonlyArray<number>): Selection => {
    const kept = firstK(referenceCount(o.kRef, scores.length))(ranking(scores, 'largest'))
    return o.mode === 'hard' ? equalWeights(kept) : softWeights(scores, o.tauRef, 'largest')(kept)
  }

/** The set that needs no scores: undefined for `selected`. */
export const unscoredReferences = (
  o: DualSelectOptions,
  pool: number,
  seed: number,
  step: number,
): Selection | undefined => {
  const all = Array.from({ length: pool }, (_, i) => i)
  const k = referenceCount(o.kRef, pool)
  switch (o.referenceSet) {
    case 'selected':
      return undefined
    case 'uniform':
      return equalWeights(all)
    case 'fixed':
      return equalWeights(all.slice(0, k))
    case 'random':
      return equalWeights(
        [...stream(seed, 'dualselect', 'references', step).shuffle(all).slice(0, k)].sort((a, b) => a - b),
      )
  }
}

/** One refresh: selection and gR at the parameters as they are now. */
export const refreshReferences = <G>(
  o: DualSelectOptions,
  oracle: GradientOracle<G>,
  pool: ReadonlyArray<Example>,
  direction: G | undefined,
  draw: { readonly seed: number; readonly step: number },
  run: PoolOptions,
): TE.TaskEither<LmError, Refreshed<G>> => {
  const chosen = unscoredReferences(o, pool.length, draw.seed, draw.step)
  return chosen === undefined
    ? pipe(
        measurePool(oracle, pool, direction, run),
        TE.chain((measures) => {
          const scores = referenceScores(o)(measures)
          const selection = selectReferences(o)(scores)
          return pipe(
            weightedGradient(oracle, pool, selection, run),
            TE.map((gradient) => ({ gradient, selection, measures, scores })),
          )
        }),
      )
    : pipe(
        measuredGradient(oracle, pool, chosen, direction, run),
        TE.map(({ gradient, measures }) => ({
          gradient,
          selection: chosen,
          measures,
          // Scores of a set that was not chosen by score: plain, as a deviation over a part of the pool would mislead.
          scores: referenceScores({ ...o, normalise: 'none' })(measures),
        })),
      )
}
