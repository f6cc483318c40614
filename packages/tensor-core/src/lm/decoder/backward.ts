/**
 * A whole batch forward and backward. What a layer's gradient needs is kept where memory allows, and computed again in the
 * backward pass elsewhere: the same numbers either way.
 */
import { rmsNorm, rmsNormGainGradient, rmsNormPullback, tf } from '../../engine'
import type { TokenBatch } from './batch'
import { embed, embedPullback } from './embedding'
import { batchFrame } from './frame'
import { type LayerTrace, derivedBytes, leanTrace, leanTraceBytes } from './layer'
import { layerForward, layerOutputAt } from './layerForward'
import { layerPullback } from './layerPullback'
import type { Adaptation, Gradients, Wanted } from './linear'
import { type PositionWeights, type Target, crossEntropy } from './loss'
import { EMBEDDING, FINAL_NORM, HEAD } from './parameters'
import { packed, packedPlaces, packedTokens, packingOf } from './packing'
import { SMALL, traceRoom } from './traceRoom'
import type { DecoderWeights } from './weights'

// model ------------------------------------------------------------------------------------------

export interface Backward {
  /** [positions] loss of each, nats */
  readonly nll: tf.Tensor
  readonly gradients: Gradients
}

// forward ----------------------------------------------------------------------------------------

/** Normalised final states at the positions that predict, [positions, width]. */
export const predictingStates = (
  weights: DecoderWeights,
  batch: TokenBatch,
  adaptation: Adaptation,
): tf.Tensor =>
  tf.tidy(() => {
    const { config } = weights
    const pack = packed(
      Array.from(batch.lengths, (count) => ({ first: 0, count })),
      batch.length,
    )
    const frame = {
      ...batchFrame(config, batch, adaptation),
      ...(pack === undefined ? {} : { packing: packingOf(pack) }),
    }
    const only = tf.tensor1d(packedPlaces(pack, batch.positions), 'int32')
    const final = weights.layers.length - 1
    const last = weights.layers.reduce(
      (x, w, i) => {
        const y = i === final ? layerOutputAt(w, frame, x, only) : tf.tidy(() => layerForward(w, frame, x).y)
        x.dispose()
        return y
      },
      embed(weights, pack === undefined ? batch.tokens : packedTokens(pack, batch.tokens)),
    )
    return rmsNorm(last, weights.norm, config.rmsNormEps).y
  })

// backward ---------------------------------------------------------------------------------------

/** Rows back to where they were gathered from, zero elsewhere: [chosen, width] -> [rows, width]. */
const scatterRows = (values: tf.Tensor, positions: Int32Array, rows: number): tf.Tensor => {
  const inverse = new Int32Array(rows).fill(positions.length)
  positions.forEach((p, i) => (inverse[p] = i))
  const width = values.shape[1] ?? 0
  return tf.gather(tf.concat([values, tf.zeros([1, width])], 0), tf.tensor1d(inverse, 'int32'))
}

/** The loss of a batch, and the gradients that are wanted of it. */
export interface LossRequest {
  /** [positions] each position's weight in the loss whose gradient is taken */
  readonly weightsOf: PositionWeights
  readonly wanted: Wanted
  /** What the positions should predict; default: the batch's own tokens. */
  readonly target?: Target
}

/** Losses of all positions that predict, and gradients of their weighted sum. */
export const lossAndGradients = (
  weights: DecoderWeights,
  batch: TokenBatch,
  adaptation: Adaptation,
  { weightsOf, wanted, target = { kind: 'tokens', ids: batch.targets } }: LossRequest,
): Backward =>
  tf.tidy(() => {
    const { config } = weights
    const frame = batchFrame(weights.config, batch, adaptation)
    // The last layers' traces are needed first and freed first: as many as there is room for are kept.
    const tokens = batch.rows * batch.length
    const lean = leanTraceBytes(frame, tokens)
    const room = Math.floor(traceRoom() / lean)
    const whole = weights.layers.length * (lean + derivedBytes(frame, tokens)) <= Math.min(SMALL, traceRoom())
    const firstKept = Math.max(0, weights.layers.length - room)
    const inputs: tf.Tensor[] = [embed(weights, batch.tokens)]
    const traces = new Map<number, LayerTrace>()
    weights.layers.forEach((w, i) => {
      const x = inputs[i]
      if (x === undefined) return
      const made = tf.tidy(() => {
        const { y, trace } = layerForward(w, frame, x)
        return i < firstKept ? { y } : { y, trace: { ...(whole ? trace : leanTrace(trace)) } }
      })
      inputs.push(made.y)
      if (made.trace !== undefined) traces.set(i, made.trace)
    })
    const last = inputs[weights.layers.length] ?? tf.zeros([0])
    const chosen = tf.gather(last, tf.tensor1d(batch.positions, 'int32'))
    const normed = rmsNorm(chosen, weights.norm, config.rmsNormEps)
    const loss = crossEntropy(weights.head, config.vocabSize, {
      hidden: normed.y,
      target,
      weights: weightsOf,
      wantHead: wanted.weights,
      scales: config,
    })
    const dNormed = loss.dHidden ?? tf.zerosLike(normed.y)
    const gradients: Gradients = {}
    const dChosen = rmsNormPullback(dNormed, chosen, normed.scale, weights.norm)
    let dx = scatterRows(dChosen, batch.positions, batch.rows * batch.length)
    for (let i = weights.layers.length - 1; i >= 0; i--) {
      const [w, x] = [weights.layers[i], inputs[i]]
      if (w === undefined || x === undefined) break
      const trace = traces.get(i)
      const back = tf.tidy(() =>
        layerPullback(w, frame, { trace: trace ?? layerForward(w, frame, x).trace, dy: dx }, wanted),
      )
      tf.dispose([dx, x])
      if (trace !== undefined) tf.dispose({ ...trace })
      Object.assign(gradients, back.gradients)
      dx = back.dx
    }
    if (wanted.weights) {
      gradients[FINAL_NORM] = rmsNormGainGradient(dNormed, chosen, normed.scale)
      const dEmbedding = embedPullback(weights, batch.tokens, dx)
      const { dHead } = loss
      if (config.tieWordEmbeddings)
        gradients[EMBEDDING] = dHead === undefined ? dEmbedding : tf.add(dEmbedding, dHead)
      else {
        gradients[EMBEDDING] = dEmbedding
        if (dHead !== undefined) gradients[HEAD] = dHead
      }
    }
    return { nll: loss.nll, gradients }
  })
