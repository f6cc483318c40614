/** One decoder layer: x + attention(norm(x)), then + mlp(norm(.)). Forward keeps what backward needs; backward is by hand. */
import { tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import { attend, attendPullback, headsFirst } from './attention'
import { type Adaptation, type Gradients, type Linear, type Wanted, linear, linearPullback } from './linear'
import { gatedActivation, gatedActivationPullback } from './mlp'
import { rmsNorm, rmsNormGainGradient, rmsNormPullback } from './rmsNorm'
import { type RotaryTables, rotate } from './rotary'

// model ------------------------------------------------------------------------------------------

export interface LayerWeights {
  readonly name: string
  readonly inputNorm: tf.Tensor
  readonly q: Linear
  readonly k: Linear
  readonly v: Linear
  readonly o: Linear
  readonly mlpNorm: tf.Tensor
  readonly gate: Linear
  readonly up: Linear
  readonly down: Linear
}

/** Where the rows of a batch stand, shared by all layers. */
export interface Frame {
  readonly config: ModelConfig
  readonly rows: number
  readonly length: number
  readonly rotary: RotaryTables
  /** Additive, [1 or rows, 1, length, keys]. */
  readonly mask: tf.Tensor
  readonly adaptation: Adaptation
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
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
  readonly attention: tf.Tensor
  readonly context: tf.Tensor
  readonly middle: tf.Tensor
  readonly scale2: tf.Tensor
  readonly normed2: tf.Tensor
  readonly gate: tf.Tensor
  readonly up: tf.Tensor
  readonly activated: tf.Tensor
}

// forward ----------------------------------------------------------------------------------------

const split = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(x, [frame.rows, frame.length, heads, frame.config.headDim])
const join = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(headsFirst(x), [frame.rows * frame.length, heads * frame.config.headDim])

/** @param x [rows * length, width]; @param past keys and values before this frame's; @returns output and the trace */
export const layerForward = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  past?: KeyValues,
): { readonly y: tf.Tensor; readonly trace: LayerTrace } =>
  tf.tidy(() => {
    const { config, adaptation, rotary } = frame
    const first = rmsNorm(x, w.inputNorm, config.rmsNormEps)
    const turned = (layer: Linear, heads: number): tf.Tensor =>
      headsFirst(rotate(split(frame, linear(layer, first.y, adaptation), heads), rotary))
    const q = turned(w.q, config.heads)
    const kNew = turned(w.k, config.kvHeads)
    const vNew = headsFirst(split(frame, linear(w.v, first.y, adaptation), config.kvHeads))
    const k = past === undefined ? kNew : tf.concat([past.k, kNew], 2)
    const v = past === undefined ? vNew : tf.concat([past.v, vNew], 2)
    const attended = attend({ q, k, v }, frame.mask)
    const context = join(frame, attended.context, config.heads)
    const middle = tf.add(x, linear(w.o, context, adaptation))
    const second = rmsNorm(middle, w.mlpNorm, config.rmsNormEps)
    const gate = linear(w.gate, second.y, adaptation)
    const up = linear(w.up, second.y, adaptation)
    const activated = gatedActivation(gate, up)
    const y = tf.add(middle, linear(w.down, activated, adaptation))
    return {
      y,
      trace: {
        x: tf.clone(x),
        scale1: first.scale,
        normed1: first.y,
        q,
        k,
        v,
        attention: attended.weights,
        context,
        middle,
        scale2: second.scale,
        normed2: second.y,
        gate,
        up,
        activated,
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
    const gradients: Gradients = {}
    const through = (layer: Linear, x: tf.Tensor, d: tf.Tensor): tf.Tensor => {
      const back = linearPullback(layer, x, d, adaptation, wanted)
      Object.assign(gradients, back.gradients)
      return back.dx
    }
    // mlp
    const dActivated = through(w.down, trace.activated, dy)
    const dGated = gatedActivationPullback(trace.gate, trace.up, dActivated)
    const dNormed2 = tf.add(
      through(w.gate, trace.normed2, dGated.gate),
      through(w.up, trace.normed2, dGated.up),
    )
    const dMiddle = tf.add(dy, rmsNormPullback(dNormed2, trace.middle, trace.scale2, w.mlpNorm))
    // attention
    const dContext = headsFirst(split(frame, through(w.o, trace.context, dMiddle), config.heads))
    const d = attendPullback(trace, trace.attention, dContext)
    const unturned = (x: tf.Tensor, heads: number): tf.Tensor =>
      tf.reshape(rotate(headsFirst(x), frame.rotary, true), [
        frame.rows * frame.length,
        heads * config.headDim,
      ])
    const dNormed1 = tf.addN([
      through(w.q, trace.normed1, unturned(d.q, config.heads)),
      through(w.k, trace.normed1, unturned(d.k, config.kvHeads)),
      through(w.v, trace.normed1, join(frame, d.v, config.kvHeads)),
    ])
    const dx = tf.add(dMiddle, rmsNormPullback(dNormed1, trace.x, trace.scale1, w.inputNorm))
    if (wanted.weights) {
      gradients[`${w.name}.input_layernorm.weight`] = rmsNormGainGradient(dNormed1, trace.x, trace.scale1)
      gradients[`${w.name}.post_attention_layernorm.weight`] = rmsNormGainGradient(
        dNormed2,
        trace.middle,
        trace.scale2,
      )
    }
    return { dx, gradients }
  })
