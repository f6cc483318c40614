/** The gradient of one layer, by hand. */
import { scaled, tf } from '../../engine'
import type { Frame } from './frame'
import { asWideAs } from './headShapes'
import type { Derived, LayerTrace, LayerWeights } from './layer'
import { type Gradients, type Linear, type Wanted, linearPullback, needsInput } from './linear'
import { gatedActivation, gatedActivationPullback } from './mlp'
import { addedPullback } from './residual'
import { type Norm, type NormTrace, normPullback } from './rmsNorm'
import { rotate } from './rotary'
import { attendRowsPullback, contextAgain, weightsAgain } from './wholeRows'

// derived values ---------------------------------------------------------------------------------

/** A value that is computed on first use. */
const lazily = <A>(make: () => A): (() => A) => {
  const made: { value?: A } = {}
  return () => (made.value ??= make())
}

/** What a norm's gradient needs, in families that have this norm. */
const normTrace = (x: tf.Tensor, scale: tf.Tensor | undefined): NormTrace | undefined =>
  scale === undefined ? undefined : { x, scale }

const normedAgain = (norm: Norm | undefined, at: NormTrace | undefined): tf.Tensor | undefined =>
  norm === undefined || at === undefined ? undefined : scaled(at.x, at.scale, norm.gain)

/** Each derived value, on first use: taken from the trace, or computed again from it exactly as forward did. */
const derivedOf = (
  w: LayerWeights,
  frame: Frame,
  trace: LayerTrace,
): { readonly [K in keyof Derived]-?: () => tf.Tensor } => {
  const { config } = frame
  const { derived } = trace
  const rule = { positions: frame[w.kind], scores: frame.scores }
  const attention = lazily(() => derived?.attention ?? weightsAgain(rule, trace))
  return {
    attention,
    normed1: lazily(
      () => derived?.normed1 ?? normedAgain(w.inputNorm, normTrace(trace.x, trace.scale1)) ?? trace.x,
    ),
    context: lazily(() => derived?.context ?? contextAgain(rule, trace, attention)),
    normed2: lazily(
      () => derived?.normed2 ?? normedAgain(w.mlpNorm, normTrace(trace.middle, trace.scale2)) ?? trace.middle,
    ),
    activated: lazily(() => derived?.activated ?? gatedActivation(trace.gate, trace.up, config.hiddenAct)),
  }
}

// pullback ---------------------------------------------------------------------------------------

/** Where the gradient of one layer starts. */
export interface LayerCotangent {
  readonly trace: LayerTrace
  /** [rows * length, width] gradient of the layer's output */
  readonly dy: tf.Tensor
}

/** Gradient of the layer's input from that of its output, with the gradients wanted of its parameters. */
export const layerPullback = (
  w: LayerWeights,
  frame: Frame,
  { trace, dy }: LayerCotangent,
  wanted: Wanted,
): { readonly dx: tf.Tensor; readonly gradients: Gradients } =>
  tf.tidy(() => {
    const { config, adaptation } = frame
    const { rotary } = frame[w.kind]
    const gradients: Gradients = {}
    const derived = derivedOf(w, frame, trace)
    const throughLinear = (layer: Linear, x: () => tf.Tensor, d: tf.Tensor): tf.Tensor => {
      // Made here, so that it outlives the layer's own scope.
      const input = needsInput(layer, adaptation, wanted) ? x() : undefined
      const back = linearPullback(layer, { x: input, dy: d }, adaptation, wanted)
      Object.assign(gradients, back.gradients)
      return back.dx
    }
    const throughNorm = (norm: Norm | undefined, at: NormTrace | undefined, d: tf.Tensor): tf.Tensor => {
      if (norm === undefined || at === undefined) return d
      const back = normPullback(norm, at, d, wanted.weights)
      Object.assign(gradients, back.gradients)
      return back.dx
    }
    // mlp
    const dDown = throughNorm(w.afterMlp, trace.afterMlp, addedPullback(dy, config.residualMultiplier))
    const dActivated = throughLinear(w.down, derived.activated, dDown)
    const dGated = gatedActivationPullback(trace.gate, trace.up, dActivated, config.hiddenAct)
    const dNormed2 = tf.add(
      throughLinear(w.gate, derived.normed2, dGated.gate),
      throughLinear(w.up, derived.normed2, dGated.up),
    )
    const dMiddle = tf.add(dy, throughNorm(w.mlpNorm, normTrace(trace.middle, trace.scale2), dNormed2))
    // attention
    const dOutput = throughNorm(
      w.afterAttention,
      trace.afterAttention,
      addedPullback(dMiddle, config.residualMultiplier),
    )
    const dContext = throughLinear(w.o, derived.context, dOutput)
    const d = attendRowsPullback(
      { positions: frame[w.kind], scores: frame.scores },
      trace,
      derived.attention,
      dContext,
    )
    const flat = (x: tf.Tensor, heads: number): tf.Tensor =>
      tf.reshape(x, [frame.rows * frame.length, heads * config.headDim])
    const rotatedBack = (x: tf.Tensor, heads: number): tf.Tensor => flat(rotate(x, rotary, true), heads)
    /** Back to the projection's output: rotated back, and through its norm where there is one. */
    const toProjection = (x: tf.Tensor, heads: number, which: 'q' | 'k'): tf.Tensor => {
      const back = rotatedBack(x, heads)
      const norm = w.headNorms?.[which]
      return norm === undefined
        ? back
        : tf.reshape(throughNorm(norm, trace.headNorms?.[which], asWideAs(norm.gain, back)), back.shape)
    }
    const dNormed1 = tf.addN([
      throughLinear(w.q, derived.normed1, toProjection(d.q, config.heads, 'q')),
      throughLinear(w.k, derived.normed1, toProjection(d.k, config.kvHeads, 'k')),
      throughLinear(w.v, derived.normed1, flat(d.v, config.kvHeads)),
    ])
    const dx = tf.add(dMiddle, throughNorm(w.inputNorm, normTrace(trace.x, trace.scale1), dNormed1))
    return { dx, gradients }
  })
