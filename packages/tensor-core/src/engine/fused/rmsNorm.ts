/** Root-mean-square normalisation y = g x / sqrt(mean(x^2) + eps), over the last axis, and its gradients. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

// model ------------------------------------------------------------------------------------------

/** A normalised tensor, and the scale that its gradient needs. */
export interface Normed {
  readonly y: tf.Tensor
  /** [..., 1] 1 / sqrt(mean(x^2) + eps) */
  readonly scale: tf.Tensor
}

// forward and backward ---------------------------------------------------------------------------

/** x normalised along its last axis. @param gain [width] */
export const rmsNorm = (x: tf.Tensor, gain: tf.Tensor, epsilon: number): Normed => {
  const [y, scale] = runFused(fusedNames.rmsNorm, { x, gain }, { epsilon }) ?? []
  if (y !== undefined && scale !== undefined) return { y, scale }
  const s = tf.tidy(() => tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)))
  return { y: scaled(x, s, gain), scale: s }
}

/** y recomputed from its scale. */
export const scaled = (x: tf.Tensor, scale: tf.Tensor, gain: tf.Tensor): tf.Tensor => {
  const [y] = runFused(fusedNames.scaled, { x, scale, gain }) ?? []
  return y ?? tf.tidy(() => tf.mul(tf.mul(x, scale), gain))
}

/** dx = s g dy - x s^3 mean(g dy x); NaN where x^2 has overflowed (s = 0), so that training detects it. */
export const rmsNormPullback = (
  dy: tf.Tensor,
  x: tf.Tensor,
  scale: tf.Tensor,
  gain: tf.Tensor,
): tf.Tensor => {
  const [fused] = runFused(fusedNames.rmsNormPullback, { dy, x, scale, gain }) ?? []
  return (
    fused ??
    tf.tidy(() => {
      const gdy = tf.mul(dy, gain)
      const inner = tf.mul(tf.mean(tf.mul(gdy, x), -1, true), tf.mul(scale, tf.square(scale)))
      const dx = tf.sub(tf.mul(gdy, scale), tf.mul(x, inner))
      return tf.mul(dx, tf.div(scale, scale))
    })
  )
}

/** dg = sum over rows of dy x s, for [rows, width] */
export const rmsNormGainGradient = (dy: tf.Tensor, x: tf.Tensor, scale: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.sum(tf.mul(tf.mul(dy, x), scale), 0))
