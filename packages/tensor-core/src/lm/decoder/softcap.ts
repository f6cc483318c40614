/** Soft-capping (gemma 2): c tanh(x / c), which keeps values between -c and c. */
import { tf } from '../../engine'

export const softcap = (x: tf.Tensor, cap: number): tf.Tensor =>
  tf.tidy(() => tf.mul(tf.tanh(tf.div(x, cap)), cap))

/** dx = dy (1 - (y / c)^2). @param y the capped values */
export const softcapPullback = (dy: tf.Tensor, y: tf.Tensor, cap: number): tf.Tensor =>
  tf.tidy(() => tf.mul(dy, tf.sub(1, tf.square(tf.div(y, cap)))))
