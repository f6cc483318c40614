/** The output of one layer: over whole rows, with the trace that its gradient needs, or over the newest positions of a cache. */
import { cachedAttention, rmsNorm, tf } from '../../engine'
import { type Heads, attend, headsFirst } from './attention'
import type { Frame } from './frame'
import { fusedStep } from './fusedStep'
import { asWideAs, join, split } from './headShapes'
import { type KeyValues, countingSlots, keyValues, roomToWrite, written } from './keyValues'
import type { LayerTrace, LayerWeights } from './layer'
import { type Linear, linear } from './linear'
import { gatedActivation } from './mlp'
import { addToResidual } from './residual'
import type { Norm, NormTrace } from './rmsNorm'
import { rotate } from './rotary'
import { type AttendedRows, attendRows } from './wholeRows'

// around attention -------------------------------------------------------------------------------

/** A value through a norm that not all families have. */
const through = (
  norm: Norm | undefined,
  x: tf.Tensor,
  epsilon: number,
): { readonly y: tf.Tensor; readonly trace?: NormTrace } => {
  if (norm === undefined) return { y: x }
  const { y, scale } = rmsNorm(x, norm.gain, epsilon)
  return { y, trace: { x, scale } }
}

/** The projections of one layer, before queries and keys are rotated. */
interface Projected {
  /** [rows, length, heads, headDim] */
  readonly q: tf.Tensor
  readonly k: tf.Tensor
  readonly v: tf.Tensor
}

/** A layer around its attention: everything except how the context is computed from queries, keys and values. */
const around = <A>(
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  /** @returns the context [rows * length, heads * headDim], and anything else that the caller keeps */
  attention: (projected: Projected) => readonly [context: tf.Tensor, more: A],
  /** The positions whose output is wanted, int32; absent: all. */
  only?: tf.Tensor,
) => {
  const { config, adaptation } = frame
  const epsilon = config.rmsNormEps
  const first = through(w.inputNorm, x, epsilon)
  const projected = (layer: Linear): tf.Tensor => linear(layer, first.y, adaptation)
  const normedHeads = (layer: Linear, norm: Norm | undefined): ReturnType<typeof through> =>
    norm === undefined
      ? { y: projected(layer) }
      : through(norm, asWideAs(norm.gain, projected(layer)), epsilon)
  const queries = normedHeads(w.q, w.headNorms?.q)
  const keys = normedHeads(w.k, w.headNorms?.k)
  const [attended, more] = attention({
    q: split(frame, queries.y, config.heads),
    k: split(frame, keys.y, config.kvHeads),
    v: split(frame, projected(w.v), config.kvHeads),
  })
  const wanted = (states: tf.Tensor): tf.Tensor => (only === undefined ? states : tf.gather(states, only))
  const context = wanted(attended)
  const afterAttention = through(w.afterAttention, linear(w.o, context, adaptation), epsilon)
  const middle = addToResidual(wanted(x), afterAttention.y, config.residualMultiplier)
  const second = through(w.mlpNorm, middle, epsilon)
  const gate = linear(w.gate, second.y, adaptation)
  const up = linear(w.up, second.y, adaptation)
  const activated = gatedActivation(gate, up, config.hiddenAct)
  const afterMlp = through(w.afterMlp, linear(w.down, activated, adaptation), epsilon)
  const y = addToResidual(middle, afterMlp.y, config.residualMultiplier)
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

/** Queries and keys rotated, heads first. */
const rotatedHeads = (w: LayerWeights, frame: Frame, { q, k, v }: Projected): Heads => {
  const { rotary } = frame[w.kind]
  return { q: headsFirst(rotate(q, rotary)), k: headsFirst(rotate(k, rotary)), v: headsFirst(v) }
}

/** Attention over whole rows. Padding that was left out is put back for it alone. */
const contextOf = (w: LayerWeights, frame: Frame, { q, k, v }: Projected): AttendedRows => {
  const { rotary, ...positions } = frame[w.kind]
  const rotated = { q: rotate(q, rotary), k: rotate(k, rotary), v }
  const attended = attendRows({ positions, scores: frame.scores }, rotated)
  return frame.packing === undefined
    ? attended
    : { ...attended, context: tf.gather(attended.context, frame.packing.places) }
}

// forward ----------------------------------------------------------------------------------------

/** @param x [rows * length, width] @returns output and the trace */
export const layerForward = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
): { readonly y: tf.Tensor; readonly trace: LayerTrace } =>
  tf.tidy(() => {
    const input = tf.clone(x)
    const made = around(w, frame, input, (projected) => {
      const { context, heads, weights } = contextOf(w, frame, projected)
      return [context, { ...heads, weights }]
    })
    return {
      y: made.y,
      trace: {
        x: input,
        ...(made.first.trace === undefined ? {} : { scale1: made.first.trace.scale }),
        ...(made.queries.trace === undefined || made.keys.trace === undefined
          ? {}
          : { headNorms: { q: made.queries.trace, k: made.keys.trace } }),
        q: made.more.q,
        k: made.more.k,
        v: made.more.v,
        ...(made.afterAttention.trace === undefined ? {} : { afterAttention: made.afterAttention.trace }),
        middle: made.middle,
        ...(made.second.trace === undefined ? {} : { scale2: made.second.trace.scale }),
        gate: made.gate,
        up: made.up,
        ...(made.afterMlp.trace === undefined ? {} : { afterMlp: made.afterMlp.trace }),
        derived: {
          normed1: made.first.y,
          ...(made.more.weights === undefined ? {} : { attention: made.more.weights }),
          context: made.context,
          normed2: made.second.y,
          activated: made.activated,
        },
      },
    }
  })

/** The output of a layer at the positions named (int32) alone: that of the last layer is needed only where something is predicted. */
export const layerOutputAt = (w: LayerWeights, frame: Frame, x: tf.Tensor, only: tf.Tensor): tf.Tensor =>
  tf.tidy(
    () => around(w, frame, x, (projected) => [contextOf(w, frame, projected).context, undefined], only).y,
  )

/**
 * The layer over the newest positions of a cache.
 *
 * @param x [rows * chunk, width] @param past what the layer has seen, undefined before the first token
 * @param only the positions whose output is wanted (int32); absent: all
 * @returns the output, and what the layer has seen now; the caller disposes of both
 */
export const layerStep = (
  w: LayerWeights,
  frame: Frame,
  x: tf.Tensor,
  past: KeyValues | undefined,
  only?: tf.Tensor,
): { readonly y: tf.Tensor; readonly seen: KeyValues } => {
  const { config, length, scores } = frame
  const { rotary, mask } = frame[w.kind]
  // no engine writes in place and caps scores
  const memory = scores.cap === undefined ? roomToWrite(past, length) : undefined
  const fused = memory === undefined ? undefined : fusedStep(w, frame, x, memory)
  if (memory !== undefined && fused !== undefined) {
    if (only === undefined) return { y: fused, seen: written(memory, length) }
    const y = tf.gather(fused, only)
    fused.dispose()
    return { y, seen: written(memory, length) }
  }
  const { y, k, v } = tf.tidy(() => {
    const made = around(
      w,
      frame,
      x,
      (projected): readonly [tf.Tensor, Pick<Heads, 'k' | 'v'>] => {
        if (memory !== undefined) {
          const cache = { keys: memory.k, values: memory.v }
          const context = cachedAttention(projected, cache, rotary, mask, scores.factor)
          if (context !== undefined) return [context, memory]
        }
        const heads = rotatedHeads(w, frame, projected)
        const before = (x: tf.Tensor | undefined): ReadonlyArray<tf.Tensor> =>
          x === undefined || past === undefined ? [] : [countingSlots(x, past.slots)]
        const [k, v] = [
          tf.concat([...before(past?.k), heads.k], 2),
          tf.concat([...before(past?.v), heads.v], 2),
        ]
        const { context } = attend({ q: heads.q, k, v }, mask, scores)
        return [join(frame, context, config.heads), { k, v }]
      },
      only,
    )
    return { y: made.y, k: made.more.k, v: made.more.v }
  })
  return { y, seen: memory === undefined ? keyValues(k, v) : written(memory, length) }
}
