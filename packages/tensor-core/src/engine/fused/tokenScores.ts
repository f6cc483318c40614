/** What is needed of rows of logits, in one pass over them instead of one per step: probabilities of a vocabulary are never made. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/** [rows] each; ids are whole numbers in float32. */
export interface TokenScores {
  /** Natural log-probability of the row's token. */
  readonly logProbs: tf.Tensor
  /** The most probable token, the lowest id on ties. */
  readonly best: tf.Tensor
}

/**
 * Scores of one token per row: logits[id] - log(sum(exp(logits))), and the most probable token.
 *
 * @param logits [rows, vocab]
 * @param ids [rows]
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { selectEngine, tf, tokenScores } from '@safe/tensor-core/engine'
 *
 * void selectEngine('wasm')().then(() => {
 *   const logits = tf.tensor2d([0, 0, 1, 0], [2, 2])
 *   const { logProbs, best } = tokenScores(logits, Int32Array.of(1, 0))
 *   assert.ok(Math.abs((logProbs.dataSync()[0] ?? 0) + Math.log(2)) < 1e-6)
 *   assert.deepEqual([...best.dataSync()], [0, 0])
 *   tf.dispose([logits, logProbs, best])
 * })
 * ```
 */
export const tokenScores = (logits: tf.Tensor, ids: Int32Array): TokenScores =>
  tf.tidy(() => {
    const [, vocab = 0] = logits.shape
    const id = tf.tensor1d(ids, 'int32')
    const [fused, fusedBest] = runFused(fusedNames.tokenScores, { logits, id }) ?? []
    if (fused !== undefined && fusedBest !== undefined) return { logProbs: fused, best: fusedBest }
    const shifted = tf.sub(logits, tf.max(logits, -1, true))
    const hot = tf.cast(tf.oneHot(id, vocab), 'float32')
    const normaliser = tf.squeeze(tf.log(tf.sum(tf.exp(shifted), -1, true)), [-1])
    return {
      logProbs: tf.sub(tf.sum(tf.mul(shifted, hot), -1), normaliser),
      best: tf.cast(tf.argMax(logits, -1), 'float32'),
    }
  })

/** [rows] the place of the largest of each row of logits [rows, vocab], the first on ties; whole numbers in float32. */
export const largestLogits = (logits: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const [, best] = runFused(fusedNames.largestLogit, { logits }) ?? []
    return best ?? tf.cast(tf.argMax(logits, -1), 'float32')
  })
