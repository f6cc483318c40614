/**
 * What the adapted linear layers read, as sums of squares over the tokens of a batch. Padding does not count.
 *
 *   input_j = sum_t x_tj^2,   low_k = sum_t (A x_t)_k^2
 */
import { matMul, tf } from '../../engine'
import type { TokenBatch } from './batch'
import { embed } from './embedding'
import { batchFrame } from './frame'
import type { Derived, LayerWeights } from './layer'
import { layerForward } from './layerForward'
import type { Adaptation, Linear } from './linear'
import type { DecoderWeights } from './weights'

// model ------------------------------------------------------------------------------------------

/** Sums of squares: of the module's input [d_in], and of what B reads [r]. */
export interface InputSquares {
  readonly input: Float32Array
  readonly low: Float32Array
}

// parts ------------------------------------------------------------------------------------------

/** The linear layers, each with the name of the value it reads. */
const readers = (w: LayerWeights): ReadonlyArray<readonly [Linear, Exclude<keyof Derived, 'attention'>]> => [
  [w.q, 'normed1'],
  [w.k, 'normed1'],
  [w.v, 'normed1'],
  [w.o, 'context'],
  [w.gate, 'normed2'],
  [w.up, 'normed2'],
  [w.down, 'activated'],
]

/** [1, rows * length], 1 where a token is. */
const tokenMask = ({ rows, length, lengths }: TokenBatch): tf.Tensor => {
  const mask = new Float32Array(rows * length)
  lengths.forEach((count, n) => mask.fill(1, n * length, n * length + count))
  return tf.tensor2d(mask, [1, rows * length])
}

const squares = (mask: tf.Tensor, x: tf.Tensor): Float32Array => {
  const sums = tf.tidy(() => matMul(mask, tf.square(x)))
  const values = Float32Array.from(sums.dataSync())
  sums.dispose()
  return values
}

// forward ----------------------------------------------------------------------------------------

/** One pass over the batch: by module name, for the modules that have factors. */
export const inputSquares = (
  weights: DecoderWeights,
  batch: TokenBatch,
  factors: Adaptation['factors'],
): ReadonlyMap<string, InputSquares> => {
  const found = new Map<string, InputSquares>()
  tf.tidy(() => {
    const frame = batchFrame(weights.config, batch, { factors })
    const mask = tokenMask(batch)
    weights.layers.reduce(
      (x, w) => {
        const y = tf.tidy(() => {
          const { y: output, trace } = layerForward(w, frame, x)
          for (const [{ name }, of] of readers(w)) {
            const [read, factor] = [trace.derived?.[of], factors.get(name)]
            if (read === undefined || factor === undefined) continue
            const low = tf.tidy(() => matMul(read, factor.A, false, true))
            found.set(name, { input: squares(mask, read), low: squares(mask, low) })
          }
          return output
        })
        x.dispose()
        return y
      },
      embed(weights, batch.tokens),
    )
  })
  return found
}
