/** The gradient of a softmax along the last axis. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/** factor w (dw - sum(dw w)), for weights w = softmax(factor s): the gradient in s. Both are of one shape. */
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
