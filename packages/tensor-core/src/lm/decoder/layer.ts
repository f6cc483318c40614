/**
 * One decoder layer: x + attention(norm(x)), then + mlp(norm(.)); some families also normalise each head's queries and keys, or
 * what attention and MLP give before it is added. Forward keeps what backward needs; backward is by hand.
 */
import { tf } from '../../engine'
import { attend, attendPullback, headsFirst } from './attention'
import type { AttentionKind, Frame } from './frame'
import { type Gradients, type Linear, type Wanted, linear, linearPullback } from './linear'
import { gatedActivation, gatedActivationPullback } from './mlp'
import { type Norm, type NormTrace, normPullback, rmsNorm } from './rmsNorm'
import { rotate } from './rotary'

// model ------------------------------------------------------------------------------------------

export interface LayerWeights {
  readonly name: string
  /** Whether it sees everything before a position, or a window. */
  readonly kind: AttentionKind
  readonly inputNorm: Norm
  readonly q: Linear
  readonly k: Linear
  readonly v: Linear
  /** Of each head's queries and keys, over the head's width. */
  readonly headNorms?: { readonly q: Norm; readonly k: Norm }
  readonly o: Linear
  readonly afterAttention?: Norm
  readonly mlpNorm: Norm
  readonly gate: Linear
  readonly up: Linear
  readonly down: Linear
  readonly afterMlp?: Norm
}

/** Keys and values of earlier tokens, [rows, keyHeads, keys, headDim] each, keys already turned. */
export interface KeyValues {
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

/** Everything between a layer's input and output that its gradient needs. */
export interface LayerTrace {
  readonly x: tf.Tensor
  readonly scale1: tf.Tensor
  readonly normed1: tf.Tensor
  readonly headNorms?: { readonly q: NormTrace; readonly k: NormTrace }
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
  readonly attention: tf.Tensor
  readonly context: tf.Tensor
  readonly afterAttention?: NormTrace
  readonly middle: tf.Tensor
  readonly scale2: tf.Tensor
  readonly normed2: tf.Tensor
  readonly gate: tf.Tensor
  readonly up: tf.Tensor
  readonly activated: tf.Tensor
  readonly afterMlp?: NormTrace
}

// shapes -----------------------------------------------------------------------------------------

/** [rows * length, heads * headDim] -> [rows, length, heads, headDim] */
const split = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(x, [frame.rows, frame.length, heads, frame.config.headDim])
/** [rows, heads, length, headDim] -> [rows * length, heads * headDim] */
const join = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(headsFirst(x), [frame.rows * frame.length, heads * frame.config.headDim])
/** [rows * length, heads * headDim] -> [rows * length * heads, headDim] */
const perHead = (frame: Frame, x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, frame.config.headDim])

// forward ----------------------------------------------------------------------------------------

/** A value through a norm that may not be there. */
const through = (
  norm: Norm | undefined,
  x: tf.Tensor,
  epsilon: number,
): { readonly y: tf.Tensor; readonly trace?: NormTrace } => {
  if (norm === undefined) return { y: x }
  const { y, scale } = rmsNorm(x, norm.gain, epsilon)
  return { y, trace: { x, scale } }
}

/** @param x [rows * length, width]; @param past keys and values before this frame's; @returns output and the trace */
export const layerForward = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  past?: KeyValues,
): { readonly y: tf.Tensor; readonly trace: LayerTrace } =>
  tf.tidy(() => {
    const { config, adaptation } = frame
    const { rotary, mask } = frame[w.kind]
    const epsilon = config.rmsNormEps
    const first = rmsNorm(x, w.inputNorm.gain, epsilon)
    const projected = (layer: Linear): tf.Tensor => linear(layer, first.y, adaptation)
    const normedHeads = (layer: Linear, norm: Norm | undefined): ReturnType<typeof through> =>
      norm === undefined ? { y: projected(layer) } : through(norm, perHead(frame, projected(layer)), epsilon)
    const turned = (heads: tf.Tensor, count: number): tf.Tensor =>
      headsFirst(rotate(split(frame, heads, count), rotary))
    const queries = normedHeads(w.q, w.headNorms?.q)
    const keys = normedHeads(w.k, w.headNorms?.k)
    const q = turned(queries.y, config.heads)
    const kNew = turned(keys.y, config.kvHeads)
    const vNew = headsFirst(split(frame, projected(w.v), config.kvHeads))
    const k = past === undefined ? kNew : tf.concat([past.k, kNew], 2)
    const v = past === undefined ? vNew : tf.concat([past.v, vNew], 2)
    const attended = attend({ q, k, v }, mask, config.queryPreAttnScalar)
    const context = join(frame, attended.context, config.heads)
    const afterAttention = through(w.afterAttention, linear(w.o, context, adaptation), epsilon)
    const middle = tf.add(x, afterAttention.y)
    const second = rmsNorm(middle, w.mlpNorm.gain, epsilon)
    const gate = linear(w.gate, second.y, adaptation)
    const up = linear(w.up, second.y, adaptation)
    const activated = gatedActivation(gate, up, config.hiddenAct)
    const afterMlp = through(w.afterMlp, linear(w.down, activated, adaptation), epsilon)
    const y = tf.add(middle, afterMlp.y)
    return {
      y,
      trace: {
        x: tf.clone(x),
        scale1: first.scale,
        normed1: first.y,
        ...(queries.trace === undefined || keys.trace === undefined
          ? {}
          : { headNorms: { q: queries.trace, k: keys.trace } }),
        q,
        k,
        v,
        attention: attended.weights,
        context,
        ...(afterAttention.trace === undefined ? {} : { afterAttention: afterAttention.trace }),
        middle,
        scale2: second.scale,
        normed2: second.y,
        gate,
        up,
        activated,
        ...(afterMlp.trace === undefined ? {} : { afterMlp: afterMlp.trace }),
      },
    }
  })

// backward ---------------------------------------------------------------------------------------

/** Gradient of the layer's input from that of its output, with the gradients wanted of its parameters. */
export const layerPullback = (
  w: LayerWeights,
  frame: Frame,
  trace: LayerTrace,
  dy: tf.Tensor,
  wanted: Wanted,
): { readonly dx: tf.Tensor; readonly gradients: Gradients } =>
  tf.tidy(() => {
    const { config, adaptation } = frame
    const { rotary } = frame[w.kind]
    const gradients: Gradients = {}
    const throughLinear = (layer: Linear, x: tf.Tensor, d: tf.Tensor): tf.Tensor => {
      const back = linearPullback(layer, x, d, adaptation, wanted)
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
    const dDown = throughNorm(w.afterMlp, trace.afterMlp, dy)
    const dActivated = throughLinear(w.down, trace.activated, dDown)
    const dGated = gatedActivationPullback(trace.gate, trace.up, dActivated, config.hiddenAct)
    const dNormed2 = tf.add(
      throughLinear(w.gate, trace.normed2, dGated.gate),
      throughLinear(w.up, trace.normed2, dGated.up),
    )
    const dMiddle = tf.add(dy, throughNorm(w.mlpNorm, { x: trace.middle, scale: trace.scale2 }, dNormed2))
    // attention
    const dOutput = throughNorm(w.afterAttention, trace.afterAttention, dMiddle)
    const dContext = headsFirst(split(frame, throughLinear(w.o, trace.context, dOutput), config.heads))
    const d = attendPullback(trace, trace.attention, dContext, config.queryPreAttnScalar)
    const unturned = (x: tf.Tensor, heads: number): tf.Tensor =>
      tf.reshape(rotate(headsFirst(x), rotary, true), [frame.rows * frame.length, heads * config.headDim])
    /** Back to the projection's output: turned back, and through the norm of heads where there is one. */
    const toProjection = (x: tf.Tensor, heads: number, which: 'q' | 'k'): tf.Tensor => {
      const back = unturned(x, heads)
      return w.headNorms === undefined
        ? back
        : tf.reshape(
            throughNorm(w.headNorms[which], trace.headNorms?.[which], perHead(frame, back)),
            back.shape,
          )
    }
    const dNormed1 = tf.addN([
      throughLinear(w.q, trace.normed1, toProjection(d.q, config.heads, 'q')),
      throughLinear(w.k, trace.normed1, toProjection(d.k, config.kvHeads, 'k')),
      throughLinear(w.v, trace.normed1, join(frame, d.v, config.kvHeads)),
    ])
    const dx = tf.add(dMiddle, throughNorm(w.inputNorm, { x: trace.x, scale: trace.scale1 }, dNormed1))
    return { dx, gradients }
  })
