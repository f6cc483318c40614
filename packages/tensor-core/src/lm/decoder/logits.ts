/** Final states to logits: the head's product, in granite divided by a constant, in gemma 2 soft-capped. */
import { type FrozenMatrix, tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import { softcap, softcapPullback } from './softcap'

/** What happens to the head's product. */
export type LogitScales = Pick<ModelConfig, 'logitsScaling' | 'logitSoftcap'>

/** [rows, vocab] logits of final states [rows, width] */
export const logitsOf = (
  head: FrozenMatrix,
  states: tf.Tensor,
  { logitsScaling, logitSoftcap }: LogitScales,
): tf.Tensor => {
  if (logitsScaling === undefined && logitSoftcap === undefined) return head.product(states)
  return tf.tidy(() => {
    const product = head.product(states)
    const divided = logitsScaling === undefined ? product : tf.div(product, logitsScaling)
    return logitSoftcap === undefined ? divided : softcap(divided, logitSoftcap)
  })
}

/** Gradient of the head's product from that of the logits. */
export const logitsPullback = (
  dLogits: tf.Tensor,
  logits: tf.Tensor,
  { logitsScaling, logitSoftcap }: LogitScales,
): tf.Tensor => {
  const uncapped = logitSoftcap === undefined ? dLogits : softcapPullback(dLogits, logits, logitSoftcap)
  return logitsScaling === undefined ? uncapped : tf.div(uncapped, logitsScaling)
}
