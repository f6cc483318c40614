/** The softmax of masked scores along the last axis, and its gradient. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/** softmax(scores + mask). @param scores [rows, heads, length, keys] @param mask [1 or rows, 1, length, keys] */
export const maskedSoftmax = (scores: tf.Tensor, mask: tf.Tensor): tf.Tensor => {
  const [fused] = runFused(fusedNames.maskedSoftmax, { scores, mask }) ?? []
  return fused ?? tf.tidy(() => tf.softmax(tf.add(scores, mask)))
}

/** factor w (dw - sum(dw w)), for weights w = softmax(factor s): the gradient in s. Both have the same shape. */
export const softmaxPullback = (dWeights: tf.Tensor, weights: tf.Tensor, factor: number): tf.Tensor => {
  const [fused] = runFused(fusedNames.softmaxPullback, { dWeights, weights }, { factor }) ?? []
  return (
    fused ??
    tf.tidy(() => {
      const weighted = tf.mul(dWeights, weights)
      return tf.mul(tf.sub(weighted, tf.mul(weights, tf.sum(weighted, -1, true))), factor)
    })
  )
}
