/** Weights of the positions that predict: what makes a gradient that of the wanted mean over tokens and rows. */
import type { TokenWeight } from '../../contracts'
import type { TokenBatch } from '../decoder/batch'
import type { LossKind } from './recipe'

/** Each position's weight such that the gradient of the weighted sum is that of sum_i w_i loss_i / sum_i w_i. */
export const positionWeights = (
  batch: TokenBatch,
  kind: LossKind,
  weights: ArrayLike<number>,
): Float32Array => {
  const share = (n: number): number => (kind === 'example' ? 1 / Math.max(1, batch.counts[n] ?? 0) : 1)
  let total = 0
  for (let n = 0; n < batch.rows; n++)
    total += (weights[n] ?? 0) * (kind === 'example' ? 1 : (batch.counts[n] ?? 0))
  return Float32Array.from(batch.owners, (n) => (total === 0 ? 0 : ((weights[n] ?? 0) * share(n)) / total))
}

/** Where each position stands among those of its row, from 0. */
const placesOf = ({ owners }: TokenBatch): Int32Array => {
  const firsts = new Map<number, number>()
  return Int32Array.from(owners, (n, i) => {
    if (!firsts.has(n)) firsts.set(n, i)
    return i - (firsts.get(n) ?? i)
  })
}

/** What the weights of tokens are made of. */
export interface TokenWeightsOf {
  /** [positions] weights without those of tokens */
  readonly weights: Float32Array
  /** [positions] losses under the initial model, nats */
  readonly initial: Float32Array
  readonly weight: TokenWeight
}

/** Weights of consecutive positions, each times that of its token, from their losses under the current model. */
export const tokenWeights = (
  batch: TokenBatch,
  { weights, initial, weight }: TokenWeightsOf,
): ((nll: Float32Array, first: number) => Float32Array) => {
  const places = placesOf(batch)
  return (nll, first) =>
    nll.map((loss, k) => {
      const i = first + k
      return (weights[i] ?? 0) * weight(places[i] ?? 0, -loss, -(initial[i] ?? 0))
    })
}
