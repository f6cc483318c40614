/**
 * The reference side: measure the pool, select, and form the frozen gradient gR.
 *
 * Two passes, so that memory does not grow with the pool: the first keeps two numbers per reference, the second takes gradients
 * of the selected only. Sets that are not chosen by score need the second alone.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, GradientOracle, LmError, StepContext } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { type DualSelectOptions, referenceCount, usesReferences } from './options'
import { type PoolOptions, measurePool, measuredGradient, weightedGradient } from './pool'
import { type Measures, referenceScores } from './score'
import { type Selection, equalWeights, firstK, ranking, softWeights } from './selection'
import type { Memory } from './state'

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

/** What a refresh looks at. */
export interface RefreshOf<G> {
  readonly oracle: GradientOracle<G>
  readonly pool: ReadonlyArray<Example>
  /** gT; undefined before there is one. */
  readonly direction: G | undefined
  /** Seed and step of a random draw. */
  readonly seed: number
  readonly step: number
  readonly run: PoolOptions
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

// refreshing -------------------------------------------------------------------------------------

/** Whether gR is computed anew at a step: where there is none yet, at an epoch's start, or N steps after the last refresh. */
export const refreshIsDue = <G>(
  o: DualSelectOptions,
  { reference, refreshedAt }: Pick<Memory<G>, 'reference' | 'refreshedAt'>,
  at: Pick<StepContext<G>, 'step' | 'epochStart'>,
): boolean =>
  usesReferences(o) &&
  (reference === undefined || (o.refresh === 'epoch' ? at.epochStart : at.step - refreshedAt >= o.refresh))

/** One refresh: selection and gR at the parameters as they are now. */
export const refreshReferences = <G>(
  o: DualSelectOptions,
  { oracle, pool, direction, seed, step, run }: RefreshOf<G>,
): TE.TaskEither<LmError, Refreshed<G>> => {
  const chosen = unscoredReferences(o, pool.length, seed, step)
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
        measuredGradient(oracle, pool, { positions: chosen.indices, direction }, run),
        TE.map(({ gradient, measures }) => ({
          gradient,
          selection: chosen,
          measures,
          // Scores of a set that was not chosen by score: plain, as a deviation over a part of the pool would mislead.
          scores: referenceScores({ ...o, normalise: 'none' })(measures),
        })),
      )
}
