/**
 * One decoder layer: x + attention(norm(x)), then + mlp(norm(.)); some families also normalise each head's queries and keys, or
 * what attention and MLP give before it is added. Forward keeps what backward needs; backward is by hand.
 */
import { cachedAttention, rmsNorm, scaled, tf } from '../../engine'
import {
  type Heads,
  attend,
  attendPullback,
  attentionContext,
  attentionWeights,
  headsFirst,
} from './attention'
import type { AttentionKind, Frame } from './frame'
import { type KeyValues, countingSlots, keyValues, roomToWrite, written } from './keyValues'
import { type Gradients, type Linear, type Wanted, linear, linearPullback, needsInput } from './linear'
import { gatedActivation, gatedActivationPullback } from './mlp'
import { type Norm, type NormTrace, normPullback } from './rmsNorm'
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

/** What lies between a layer's input and output and costs little to compute again from the trace. */
type Derived = Readonly<Record<'normed1' | 'attention' | 'context' | 'normed2' | 'activated', tf.Tensor>>

/** What a layer's gradient cannot do without. */
export interface LayerTrace {
  readonly x: tf.Tensor
  readonly scale1: tf.Tensor
  readonly headNorms?: { readonly q: NormTrace; readonly k: NormTrace }
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
  readonly afterAttention?: NormTrace
  readonly middle: tf.Tensor
  readonly scale2: tf.Tensor
  readonly gate: tf.Tensor
  readonly up: tf.Tensor
  readonly afterMlp?: NormTrace
  /** Where it is at hand anyway. */
  readonly derived?: Derived
}

/** The trace to keep while other layers are computed. */
export const leanTrace = (trace: LayerTrace): LayerTrace => {
  const { derived, ...kept } = trace
  return derived === undefined ? trace : kept
}

/** Bytes of a lean trace of `tokens` positions (its input is the layer before's output, and not counted). */
export const leanTraceBytes = ({ config: c }: Frame, tokens: number): number =>
  4 * tokens * (2 * c.hiddenSize + (c.heads + 2 * c.kvHeads) * c.headDim + 2 * c.intermediateSize)

/** Bytes of what a whole trace holds besides. */
export const derivedBytes = ({ config: c, length }: Frame, tokens: number): number =>
  4 * tokens * (2 * c.hiddenSize + c.heads * (c.headDim + length) + c.intermediateSize)

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

/** What the projections of one layer give, before they are turned. */
interface Projected {
  /** [rows, length, heads, headDim] */
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

/** A layer around its attention: all but how the context comes of queries, keys and values. */
const around = <A>(
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  /** @returns the context [rows * length, heads * headDim], and what else is wanted of it */
  attention: (projected: Projected) => readonly [context: tf.Tensor, more: A],
) => {
  const { config, adaptation } = frame
  const epsilon = config.rmsNormEps
  const first = rmsNorm(x, w.inputNorm.gain, epsilon)
  const projected = (layer: Linear): tf.Tensor => linear(layer, first.y, adaptation)
  const normedHeads = (layer: Linear, norm: Norm | undefined): ReturnType<typeof through> =>
    norm === undefined ? { y: projected(layer) } : through(norm, perHead(frame, projected(layer)), epsilon)
  const queries = normedHeads(w.q, w.headNorms?.q)
  const keys = normedHeads(w.k, w.headNorms?.k)
  const [context, more] = attention({
    q: split(frame, queries.y, config.heads),
    k: split(frame, keys.y, config.kvHeads),
    v: split(frame, projected(w.v), config.kvHeads),
  })
  const afterAttention = through(w.afterAttention, linear(w.o, context, adaptation), epsilon)
  const middle = tf.add(x, afterAttention.y)
  const second = rmsNorm(middle, w.mlpNorm.gain, epsilon)
  const gate = linear(w.gate, second.y, adaptation)
  const up = linear(w.up, second.y, adaptation)
  const activated = gatedActivation(gate, up, config.hiddenAct)
  const afterMlp = through(w.afterMlp, linear(w.down, activated, adaptation), epsilon)
  const y = tf.add(middle, afterMlp.y)
  return {
    first,
    queries,
    keys,
    context,
    more,
    afterAttention,
    middle,
    second,
    gate,
    up,
    activated,
    afterMlp,
    y,
  }
}

/** Queries and keys turned, heads first. */
const turnedHeads = (w: LayerWeights, frame: Frame, { q, k, v }: Projected): Heads => {
  const { rotary } = frame[w.kind]
  return { q: headsFirst(rotate(q, rotary)), k: headsFirst(rotate(k, rotary)), v: headsFirst(v) }
}

/** @param x [rows * length, width] @returns output and the trace */
export const layerForward = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
): { readonly y: tf.Tensor; readonly trace: LayerTrace } =>
  tf.tidy(() => {
    const { config } = frame
    const made = around(w, frame, x, (projected) => {
      const heads = turnedHeads(w, frame, projected)
      const attended = attend(heads, frame[w.kind].mask, config.queryPreAttnScalar)
      return [join(frame, attended.context, config.heads), { ...heads, weights: attended.weights }]
    })
    return {
      y: made.y,
      trace: {
        x: tf.clone(x),
        scale1: made.first.scale,
        ...(made.queries.trace === undefined || made.keys.trace === undefined
          ? {}
          : { headNorms: { q: made.queries.trace, k: made.keys.trace } }),
        q: made.more.q,
        k: made.more.k,
        v: made.more.v,
        ...(made.afterAttention.trace === undefined ? {} : { afterAttention: made.afterAttention.trace }),
        middle: made.middle,
        scale2: made.second.scale,
        gate: made.gate,
        up: made.up,
        ...(made.afterMlp.trace === undefined ? {} : { afterMlp: made.afterMlp.trace }),
        derived: {
          normed1: made.first.y,
          attention: made.more.weights,
          context: made.context,
          normed2: made.second.y,
          activated: made.activated,
        },
      },
    }
  })

/**
 * The layer over the newest positions of a cache.
 *
 * @param x [rows * chunk, width] @param past what the layer has seen, undefined before the first token
 * @returns the output, and what the layer has seen now; the caller disposes of both
 */
export const layerStep = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  past: KeyValues | undefined,
): { readonly y: tf.Tensor; readonly seen: KeyValues } => {
  const { config, length } = frame
  const { rotary, mask } = frame[w.kind]
  const memory = roomToWrite(past, length)
  const { y, k, v } = tf.tidy(() => {
    const made = around(w, frame, x, (projected): readonly [tf.Tensor, Pick<Heads, 'k' | 'v'>] => {
      if (memory !== undefined) {
        const factor = 1 / Math.sqrt(config.queryPreAttnScalar ?? config.headDim)
        const context = cachedAttention(projected, { keys: memory.k, values: memory.v }, rotary, mask, factor)
        if (context !== undefined) return [context, memory]
      }
      const heads = turnedHeads(w, frame, projected)
      const before = (x: tf.Tensor | undefined): ReadonlyArray<tf.Tensor> =>
        x === undefined || past === undefined ? [] : [countingSlots(x, past.slots)]
      const [k, v] = [
        tf.concat([...before(past?.k), heads.k], 2),
        tf.concat([...before(past?.v), heads.v], 2),
      ]
      const { context } = attend({ q: heads.q, k, v }, mask, config.queryPreAttnScalar)
      return [join(frame, context, config.heads), { k, v }]
    })
    return { y: made.y, k: made.more.k, v: made.more.v }
  })
  return { y, seen: memory === undefined ? keyValues(k, v) : written(memory, length) }
}

// backward ---------------------------------------------------------------------------------------

/** A value made when it is first asked for. */
const lazily = <A>(make: () => A): (() => A) => {
  const made: { value?: A } = {}
  return () => (made.value ??= make())
}

/** Each derived value: taken from the trace, or computed again from it exactly as forward did, when it is asked for. */
const derivedOf = (
  w: LayerWeights,
  frame: Frame,
  trace: LayerTrace,
): { readonly [K in keyof Derived]: () => tf.Tensor } => {
  const { config } = frame
  const { derived } = trace
  const attention = lazily(
    () => derived?.attention ?? attentionWeights(trace, frame[w.kind].mask, config.queryPreAttnScalar),
  )
  return {
    attention,
    normed1: lazily(() => derived?.normed1 ?? scaled(trace.x, trace.scale1, w.inputNorm.gain)),
    context: lazily(
      () => derived?.context ?? join(frame, attentionContext(attention(), trace.v), config.heads),
    ),
    normed2: lazily(() => derived?.normed2 ?? scaled(trace.middle, trace.scale2, w.mlpNorm.gain)),
    activated: lazily(() => derived?.activated ?? gatedActivation(trace.gate, trace.up, config.hiddenAct)),
  }
}

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
    const derived = derivedOf(w, frame, trace)
    const throughLinear = (layer: Linear, x: () => tf.Tensor, d: tf.Tensor): tf.Tensor => {
      // Made here, so that it outlives the layer's own scope.
      const input = needsInput(layer, adaptation, wanted) ? x() : undefined
      const back = linearPullback(layer, input, d, adaptation, wanted)
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
    const dActivated = throughLinear(w.down, derived.activated, dDown)
    const dGated = gatedActivationPullback(trace.gate, trace.up, dActivated, config.hiddenAct)
    const dNormed2 = tf.add(
      throughLinear(w.gate, derived.normed2, dGated.gate),
      throughLinear(w.up, derived.normed2, dGated.up),
    )
    const dMiddle = tf.add(dy, throughNorm(w.mlpNorm, { x: trace.middle, scale: trace.scale2 }, dNormed2))
    // attention
    const dOutput = throughNorm(w.afterAttention, trace.afterAttention, dMiddle)
    const dContext = headsFirst(split(frame, throughLinear(w.o, derived.context, dOutput), config.heads))
    const d = attendPullback(trace, derived.attention(), dContext, config.queryPreAttnScalar)
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
      throughLinear(w.q, derived.normed1, toProjection(d.q, config.heads, 'q')),
      throughLinear(w.k, derived.normed1, toProjection(d.k, config.kvHeads, 'k')),
      throughLinear(w.v, derived.normed1, join(frame, d.v, config.kvHeads)),
    ])
    const dx = tf.add(dMiddle, throughNorm(w.inputNorm, { x: trace.x, scale: trace.scale1 }, dNormed1))
    return { dx, gradients }
  })
