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

/** @param salt tells the batches of one step apart */
export const dropoutMask =
  (p: number, seed: number, step: number, salt: number): DropoutMask =>
  (module, [rows, width]) => {
    const draws = stream(seed, 'dropout', step, salt, module)
    let state = draws.integer(4294967296) | 1
    const keep = 1 / (1 - p)
    const threshold = p * 4294967296
    const values = new Float32Array(rows * width)
    // xorshift32: one draw per element must be cheap
    for (let i = 0; i < values.length; i++) {
      state ^= state << 13
      state ^= state >>> 17
      state ^= state << 5
      values[i] = state >>> 0 < threshold ? 0 : keep
    }
    return tf.tensor2d(values, [rows, width])
  }
