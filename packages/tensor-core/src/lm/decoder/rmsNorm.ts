/** The decoder's normalisations: their gradients by name. */
import { rmsNormGainGradient, rmsNormPullback, type tf } from '../../engine'
import type { Gradients } from './linear'

// model ------------------------------------------------------------------------------------------

/** A normalisation of the decoder. */
export interface Norm {
  /** Its parameter's name. */
  readonly name: string
  /** [width] factor: the parameter, or the parameter plus one (gemma), which has the same gradient. */
  readonly gain: tf.Tensor
}

/** What the gradient needs. */
export type NormTrace = Readonly<Record<'x' | 'scale', tf.Tensor>>

// backward --------------------------------------------------------------------------------------

/** dx, and where wanted the parameter's gradient under its name. */
export const normPullback = (
  { name, gain }: Norm,
  { x, scale }: NormTrace,
  dy: tf.Tensor,
  wanted: boolean,
): { readonly dx: tf.Tensor; readonly gradients: Gradients } => ({
  dx: rmsNormPullback(dy, x, scale, gain),
  gradients: wanted ? { [name]: rmsNormGainGradient(dy, x, scale) } : {},
})
