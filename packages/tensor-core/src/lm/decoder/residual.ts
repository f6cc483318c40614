/** What attention or MLP adds to the residual stream: x + m y, where granite has a multiplier m and other families have none. */
import { tf } from '../../engine'

export const addToResidual = (x: tf.Tensor, y: tf.Tensor, multiplier: number | undefined): tf.Tensor =>
  multiplier === undefined ? tf.add(x, y) : tf.tidy(() => tf.add(x, tf.mul(y, multiplier)))

/** Gradient of y; that of x is `d` itself. */
export const addedPullback = (d: tf.Tensor, multiplier: number | undefined): tf.Tensor =>
  multiplier === undefined ? d : tf.mul(d, multiplier)
