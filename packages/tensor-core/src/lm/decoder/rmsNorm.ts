/** Root-mean-square normalisation y = g x / sqrt(mean(x^2) + eps), over the last axis of [rows, width]. */
import { tf } from '../../engine'
import type { Gradients } from './linear'

// model ------------------------------------------------------------------------------------------

/** A normalisation of the decoder. */
export interface Norm {
  /** Its parameter's name. */
  readonly name: string
  /** [width] what it multiplies by: the parameter, or one more than it (gemma), which has the same gradient. */
  readonly gain: tf.Tensor
}

export interface Normed {
  readonly y: tf.Tensor
  /** [rows, 1] 1 / sqrt(mean(x^2) + eps) */
  readonly scale: tf.Tensor
}

/** What the gradient needs. */
export type NormTrace = Readonly<Record<'x' | 'scale', tf.Tensor>>

// forward and back -------------------------------------------------------------------------------

export const rmsNorm = (x: tf.Tensor, gain: tf.Tensor, epsilon: number): Normed => {
  const scale = tf.tidy(() => tf.rsqrt(tf.add(tf.mean(tf.square(x), -1, true), epsilon)))
  return { y: tf.tidy(() => tf.mul(tf.mul(x, scale), gain)), scale }
}

/** dx = s g dy - x s^3 mean(g dy x); not a number where x^2 has overflowed (s = 0), so that training notices. */
export const rmsNormPullback = (dy: tf.Tensor, x: tf.Tensor, scale: tf.Tensor, gain: tf.Tensor): tf.Tensor =>
  tf.tidy(() => {
    const gdy = tf.mul(dy, gain)
    const inner = tf.mul(tf.mean(tf.mul(gdy, x), -1, true), tf.mul(scale, tf.square(scale)))
    const dx = tf.sub(tf.mul(gdy, scale), tf.mul(x, inner))
    return tf.mul(dx, tf.div(scale, scale))
  })

/** dg = sum over rows of dy x s */
export const rmsNormGainGradient = (dy: tf.Tensor, x: tf.Tensor, scale: tf.Tensor): tf.Tensor =>
  tf.tidy(() => tf.sum(tf.mul(tf.mul(dy, x), scale), 0))

/** Both: dx, and where wanted the parameter's gradient under its name. */
export const normPullback = (
  { name, gain }: Norm,
  { x, scale }: NormTrace,
  dy: tf.Tensor,
  wanted: boolean,
): { readonly dx: tf.Tensor; readonly gradients: Gradients } => ({
  dx: rmsNormPullback(dy, x, scale, gain),
  gradients: wanted ? { [name]: rmsNormGainGradient(dy, x, scale) } : {},
})
