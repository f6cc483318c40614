/**
 * Dropout masks that are named, not drawn: a mask depends on the seed, the step, the module and nothing else, so a step that is
 * computed again (recomputation, resumption) sees the same mask.
 */
import { tf } from '../../engine'
import { stream } from '../../random'
import type { DropoutMask } from '../decoder/linear'

/** Tells the micro-batches of one step apart: FNV-1a over a batch's tokens. */
export const batchSalt = (tokens: Int32Array): number =>
  tokens.reduce((h, id) => Math.imul(h ^ id, 0x01000193), 0x811c9dc5 | 0)

/**
 * Dropout of probability `p`: 0 or 1 / (1 - p), independently at each place. Only the dropped places are drawn: the number of places
 * kept before the next dropped one is geometric, floor(ln u / ln(1 - p)) with u uniform in (0, 1).
 *
 * @param salt tells the batches of one step apart
 */
export const dropoutMask =
  (p: number, seed: number, step: number, salt: number): DropoutMask =>
  (module, [rows, width]) => {
    const draws = stream(seed, 'dropout', step, salt, module)
    let state = draws.integer(4294967296) | 1
    const perLog = 1 / Math.log(1 - p)
    const values = new Float32Array(rows * width).fill(1 / (1 - p))
    for (let place = -1; ;) {
      // xorshift32: one draw per dropped place must be cheap
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      place += 1 + Math.floor(Math.log(((state >>> 0) + 0.5) / 4294967296) * perLog)
      if (place >= values.length) break
      values[place] = 0
    }
    return tf.tensor2d(values, [rows, width])
  }
