/**
 * Grouped-query attention over rotated heads: softmax(f q k^T + mask) v, where the factor f is 1 / sqrt(head width) or a family's
 * own value, and gemma 2 caps the scores before the mask. The heads that share a key head are laid out as one longer list of queries, so keys and values are never repeated.
 */
import { maskedSoftmax, matMul, softmaxPullback, tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import { softcap, softcapPullback } from './softcap'

// model ------------------------------------------------------------------------------------------

/** [rows, heads, length, headDim]; keys and values may be longer (a cache) and of fewer heads. */
export interface Heads {
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

export interface Attended {
  /** [rows, heads, length, headDim] */
  readonly context: tf.Tensor
  /** [rows, heads, length, keys] attention weights */
  readonly weights: tf.Tensor
}

/** How queries and keys give scores: q k^T times `factor`, and within -`cap` and `cap` where there is one. */
export interface ScoreRule {
  readonly factor: number
  readonly cap?: number
}

const plainRule = (headDim: number): ScoreRule => ({ factor: 1 / Math.sqrt(headDim) })

/** The rule of a model. */
export const scoreRule = (c: ModelConfig): ScoreRule => ({
  factor: c.attentionMultiplier ?? 1 / Math.sqrt(c.queryPreAttnScalar ?? c.headDim),
  ...(c.attentionSoftcap === undefined ? {} : { cap: c.attentionSoftcap }),
})

type Shape4 = [number, number, number, number]
const shape4 = ({ shape }: tf.Tensor): Shape4 => {
  const [a = 1, b = 1, c = 1, d = 1] = shape
  return [a, b, c, d]
}

/** Queries of one key head side by side: [rows, heads, length, d] -> [rows, keyHeads, heads / keyHeads * length, d]. */
const grouped = (x: tf.Tensor, keyHeads: number): tf.Tensor => {
  const [rows, heads, length, d] = shape4(x)
  return tf.reshape(x, [rows, keyHeads, (heads / keyHeads) * length, d])
}

/** [rows, keyHeads, heads / keyHeads * length, keys] scores before the mask; call it in a `tf.tidy`. */
const groupedScores = ({ q, k }: Pick<Heads, 'q' | 'k'>, { factor, cap }: ScoreRule): tf.Tensor => {
  const scores = matMul(grouped(tf.mul(q, factor), shape4(k)[1]), k, false, true)
  return cap === undefined ? scores : softcap(scores, cap)
}

// forward and back -------------------------------------------------------------------------------

/**
 * [rows, heads, length, keys], each row of keys summing to 1
 *
 * @param mask additive, broadcast over [rows, heads, length, keys]
 */
export const attentionWeights = (
  { q, k }: Pick<Heads, 'q' | 'k'>,
  mask: tf.Tensor,
  rule = plainRule(q.shape[3] ?? 1),
): tf.Tensor =>
  tf.tidy(() => {
    const [rows, heads, length] = shape4(q)
    const [, , keys] = shape4(k)
    return maskedSoftmax(tf.reshape(groupedScores({ q, k }, rule), [rows, heads, length, keys]), mask)
  })

/** [rows, heads, length, headDim] weighted sums of the values */
export const attentionContext = (weights: tf.Tensor, v: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const [rows, heads, length] = shape4(weights)
    const [, keyHeads, , d] = shape4(v)
    return tf.reshape(matMul(grouped(weights, keyHeads), v), [rows, heads, length, d])
  })

/** Both steps, with the weights that the gradient needs. */
export const attend = ({ q, k, v }: Heads, mask: tf.Tensor, rule = plainRule(q.shape[3] ?? 1)): Attended => {
  const weights = attentionWeights({ q, k }, mask, rule)
  return { context: attentionContext(weights, v), weights }
}

/** Gradients of q, k, v from that of the context. Capped scores are computed again. */
export const attendPullback = (
  { q, k, v }: Heads,
  weights: tf.Tensor,
  dContext: tf.Tensor,
  rule = plainRule(q.shape[3] ?? 1),
): Heads =>
  tf.tidy(() => {
    const [rows, heads, length, d] = shape4(q)
    const [, keyHeads, keys] = shape4(k)
    const dc = grouped(dContext, keyHeads)
    const dv = matMul(grouped(weights, keyHeads), dc, true, false)
    const dWeights = tf.reshape(matMul(dc, v, false, true), [rows, heads, length, keys])
    const dScores = grouped(softmaxPullback(dWeights, weights, rule.factor), keyHeads)
    const ds =
      rule.cap === undefined ? dScores : softcapPullback(dScores, groupedScores({ q, k }, rule), rule.cap)
    return {
      q: tf.reshape(matMul(ds, k), [rows, heads, length, d]),
      k: matMul(ds, grouped(q, keyHeads), true, false),
      v: dv,
    }
  })

/** [rows, length, heads, d] <-> [rows, heads, length, d]: its own inverse. */
export const headsFirst = (x: tf.Tensor): tf.Tensor => tf.transpose(x, [0, 2, 1, 3])

/** Large enough to remove a key, small enough for a score plus it to stay finite. */
export const MASKED = -1e9

/** [1, 1, length, length]: each position sees itself and what is before it. */
export const causalMask = (length: number): tf.Tensor => {
  const values = new Float32Array(length * length)
  for (let i = 0; i < length; i++) values.fill(MASKED, i * length + i + 1, (i + 1) * length)
  return tf.tensor4d(values, [1, 1, length, length])
}
