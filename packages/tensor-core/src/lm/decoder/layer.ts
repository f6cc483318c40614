/**
 * One decoder layer: x + attention(norm(x)), then + mlp(norm(.)). Some families also normalise queries and keys, or the outputs of
 * attention and MLP before they are added, which may replace the other two. `layerForward.ts` and `layerPullback.ts` compute with it.
 */
import type { tf } from '../../engine'
import type { AttentionKind, Frame } from './frame'
import type { Linear } from './linear'
import type { Norm, NormTrace } from './rmsNorm'
import { kernelRule } from './wholeRows'

// model ------------------------------------------------------------------------------------------

export interface LayerWeights {
  readonly name: string
  /** Whether it sees everything before a position, or a window. */
  readonly kind: AttentionKind
  readonly inputNorm?: Norm
  readonly q: Linear
  readonly k: Linear
  readonly v: Linear
  /** Of queries and keys: each head's by itself, or all heads together (as wide as the projection). */
  readonly headNorms?: { readonly q: Norm; readonly k: Norm }
  readonly o: Linear
  readonly afterAttention?: Norm
  readonly mlpNorm?: Norm
  readonly gate: Linear
  readonly up: Linear
  readonly down: Linear
  readonly afterMlp?: Norm
}

/** Values between a layer's input and output that cost little to compute again from the trace. */
export type Derived = Readonly<Record<'normed1' | 'context' | 'normed2' | 'activated', tf.Tensor>> & {
  /** Absent where the engine's own kernels attend: they keep no weights. */
  readonly attention?: tf.Tensor
}

/** What a layer's gradient needs. */
export interface LayerTrace {
  readonly x: tf.Tensor
  /** Of the input's norm, in families that have it; `scale2` likewise of the norm before the MLP. */
  readonly scale1?: tf.Tensor
  readonly headNorms?: { readonly q: NormTrace; readonly k: NormTrace }
  /** Rotated. Heads come first, except where the engine's own kernels attend: they take tokens first. */
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
  readonly afterAttention?: NormTrace
  readonly middle: tf.Tensor
  readonly scale2?: tf.Tensor
  readonly gate: tf.Tensor
  readonly up: tf.Tensor
  readonly afterMlp?: NormTrace
  /** Present where it was kept instead of being computed again. */
  readonly derived?: Derived
}

/** The trace to keep while other layers are computed. */
export const leanTrace = (trace: LayerTrace): LayerTrace => {
  const { derived, ...kept } = trace
  return derived === undefined ? trace : kept
}

/** Bytes of a lean trace of `tokens` positions; its input is the output of the layer before, and not counted. */
export const leanTraceBytes = ({ config: c }: Frame, tokens: number): number =>
  4 * tokens * (2 * c.hiddenSize + (c.heads + 2 * c.kvHeads) * c.headDim + 2 * c.intermediateSize)

/** Bytes of the derived values, which a whole trace holds too. */
export const derivedBytes = (frame: Frame, tokens: number): number => {
  const { config: c, length } = frame
  const weights = kernelRule({ positions: frame.full, scores: frame.scores }) === undefined ? length : 0
  return 4 * tokens * (2 * c.hiddenSize + c.heads * (c.headDim + weights) + c.intermediateSize)
}
