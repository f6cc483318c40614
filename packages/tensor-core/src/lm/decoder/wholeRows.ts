/**
 * Attention of whole rows and its gradient: by the engine's own kernels where it has them and the model's rule is theirs, else made
 * of products, whose weights the gradient may take over.
 */
import {
  type CausalRule,
  type Projections,
  attendsCausally,
  causalAttention,
  causalAttentionPullback,
  tf,
} from '../../engine'
import {
  type Heads,
  type ScoreRule,
  attend,
  attendPullback,
  attentionContext,
  attentionWeights,
  headsFirst,
} from './attention'
import type { Positions } from './frame'

// model ------------------------------------------------------------------------------------------

/** What each position sees, and how scores become weights. */
export interface RowRule {
  readonly positions: Pick<Positions, 'mask' | 'sees'>
  readonly scores: ScoreRule
}

/** The context, and what its gradient needs. */
export interface AttendedRows {
  /** [rows * length, heads * headDim] */
  readonly context: tf.Tensor
  /** Rotated. Heads come first, except where the engine's own kernels attend: they take tokens first. */
  readonly heads: Heads
  /** [rows, heads, length, length]; absent where the engine's own kernels attend. */
  readonly weights?: tf.Tensor
}

// the rule of the kernels ------------------------------------------------------------------------

/** What the kernels take; undefined where attention is made of products. */
export const kernelRule = ({ positions, scores }: RowRule): CausalRule | undefined => {
  const { factor, cap } = scores
  if (positions.sees === undefined || cap !== undefined || !(factor > 0) || !attendsCausally())
    return undefined
  return { factor, window: positions.sees }
}

/** [rows, heads, length, headDim] -> [rows * length, heads * headDim] */
const joined = (x: tf.Tensor): tf.Tensor => {
  const [rows = 1, heads = 1, length = 1, d = 1] = x.shape
  return tf.reshape(headsFirst(x), [rows * length, heads * d])
}

// forward and back -------------------------------------------------------------------------------

/** @param projections rotated, [rows, length, heads, headDim] each */
export const attendRows = (rule: RowRule, { q, k, v }: Projections): AttendedRows => {
  const own = kernelRule(rule)
  const fused = own === undefined ? undefined : causalAttention({ q, k, v }, own)
  if (fused !== undefined) return { context: fused, heads: { q, k, v } }
  const heads = { q: headsFirst(q), k: headsFirst(k), v: headsFirst(v) }
  const { context, weights } = attend(heads, rule.positions.mask, rule.scores)
  return { context: joined(context), heads, weights }
}

/** The weights again, for the products that need them. */
export const weightsAgain = (rule: RowRule, heads: Heads): tf.Tensor =>
  attentionWeights(heads, rule.positions.mask, rule.scores)

/** The context again. @param weights called where it is made of products */
export const contextAgain = (rule: RowRule, heads: Heads, weights: () => tf.Tensor): tf.Tensor => {
  const own = kernelRule(rule)
  const fused = own === undefined ? undefined : causalAttention(heads, own)
  return fused ?? joined(attentionContext(weights(), heads.v))
}

/**
 * Gradients of the rotated projections, [rows, length, heads, headDim] each.
 *
 * @param weights called where the gradient is made of products @param dContext [rows * length, heads * headDim]
 */
export const attendRowsPullback = (
  rule: RowRule,
  heads: Heads,
  weights: () => tf.Tensor,
  dContext: tf.Tensor,
): Projections => {
  const own = kernelRule(rule)
  const fused = own === undefined ? undefined : causalAttentionPullback(heads, dContext, own)
  if (fused !== undefined) return fused
  const [rows = 1, count = 1, length = 1, d = 1] = heads.q.shape
  const dHeads = headsFirst(tf.reshape(dContext, [rows, length, count, d]))
  const back = attendPullback(heads, weights(), dHeads, rule.scores)
  return { q: headsFirst(back.q), k: headsFirst(back.k), v: headsFirst(back.v) }
}
