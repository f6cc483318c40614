/** Cross-entropy of rows of logits against one token each, with its gradient. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** The losses of rows, and their gradient. */
export interface TokenCrossEntropy {
  /** [rows] -log softmax(logits)[id] */
  readonly losses: tf.Tensor
  /** [rows, vocab] weight (softmax(logits) - onehot(id)), the gradient of sum_r weight_r loss_r; absent without weights */
  readonly dLogits?: tf.Tensor
}

// losses and gradient ----------------------------------------------------------------------------

/**
 * Losses and gradient in one pass.
 *
 * @param logits [rows, vocab]
 * @param ids [rows]
 * @param weights [rows]; undefined if no gradient is needed
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { selectEngine, tf, tokenCrossEntropy } from '@safe/tensor-core/engine'
 *
 * void selectEngine('wasm')().then(() => {
 *   const logits = tf.tensor2d([0, 0], [1, 2])
 *   const { losses, dLogits } = tokenCrossEntropy(logits, Int32Array.of(0), Float32Array.of(1))
 *   assert.ok(Math.abs((losses.dataSync()[0] ?? 0) - Math.log(2)) < 1e-6)
 *   assert.deepEqual([...(dLogits?.dataSync() ?? [])], [-0.5, 0.5])
 *   tf.dispose([logits, losses, ...(dLogits === undefined ? [] : [dLogits])])
 * })
 * ```
 */
export const tokenCrossEntropy = (
  logits: tf.Tensor,
  ids: Int32Array,
  weights: Float32Array | undefined,
): TokenCrossEntropy =>
  tf.tidy(() => {
    const [rows = 0, vocab = 0] = logits.shape
    const id = tf.tensor1d(ids, 'int32')
    const weight = tf.tensor2d(weights ?? new Float32Array(rows), [rows, 1])
    const [fused, dFused] = runFused(fusedNames.tokenCrossEntropy, { logits, id, weight }) ?? []
    if (fused !== undefined && dFused !== undefined)
      return weights === undefined ? { losses: fused } : { losses: fused, dLogits: dFused }
    const hot = tf.cast(tf.oneHot(id, vocab), 'float32')
    const shifted = tf.sub(logits, tf.max(logits, -1, true))
    const exponentials = tf.exp(shifted)
    const sums = tf.sum(exponentials, -1, true)
    const losses = tf.sub(tf.squeeze(tf.log(sums), [-1]), tf.sum(tf.mul(shifted, hot), -1))
    return weights === undefined
      ? { losses }
      : { losses, dLogits: tf.mul(tf.sub(tf.div(exponentials, sums), hot), weight) }
  })
