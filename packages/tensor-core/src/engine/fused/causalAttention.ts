/**
 * Causal attention of whole rows, and its gradient, as one operation each if the current engine has kernels for it: no weights in
 * memory but those of a few queries, nothing computed for positions that are not seen, and heads left where the projections put
 * them. On other engines attention is made of products (`lm/decoder/attention`).
 */
import { tf } from '../tf'
import type { Projections } from './cachedAttention'
import { fusedNames, hasFused, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** How rotated queries and keys give weights: softmax(factor q k^T) over what a position sees. */
export interface CausalRule {
  /** Above zero. */
  readonly factor: number
  /** A position sees itself and the `window - 1` before it; absent: everything before it. */
  readonly window?: number
}

// running ----------------------------------------------------------------------------------------

/** Whether the current engine has both kernels. */
export const attendsCausally = (): boolean =>
  hasFused(fusedNames.causalAttention) && hasFused(fusedNames.causalAttentionPullback)

const ruleTensor = ({ factor, window = 0 }: CausalRule): tf.Tensor => tf.tensor1d([factor, window])

/**
 * Weighted sums of the values that each position sees.
 *
 * @param heads rotated: q [rows, length, heads, headDim], k and v [rows, length, keyHeads, headDim]
 * @returns [rows * length, heads * headDim]; undefined if the engine has no such kernel
 */
export const causalAttention = ({ q, k, v }: Projections, rule: CausalRule): tf.Tensor | undefined =>
  attendsCausally()
    ? tf.tidy(() => runFused(fusedNames.causalAttention, { q, k, v, rule: ruleTensor(rule) })?.[0])
    : undefined

/**
 * Gradients of rotated queries, keys and values from that of the sums; the weights are computed again.
 *
 * @param dContext [rows * length, heads * headDim]
 * @returns shaped like `heads`; undefined if the engine has no such kernel
 */
export const causalAttentionPullback = (
  { q, k, v }: Projections,
  dContext: tf.Tensor,
  rule: CausalRule,
): Projections | undefined => {
  if (!attendsCausally()) return undefined
  const made = tf.tidy(() => [
    ...(runFused(fusedNames.causalAttentionPullback, { q, k, v, dContext, rule: ruleTensor(rule) }) ?? []),
  ])
  const [dq, dk, dv] = made
  return dq === undefined || dk === undefined || dv === undefined ? undefined : { q: dq, k: dk, v: dv }
}
