/** Layouts of a layer's states: one row per token, or heads apart. */
import { tf } from '../../engine'
import { headsFirst } from './attention'
import type { Frame } from './frame'

/** [rows * length, heads * headDim] -> [rows, length, heads, headDim] */
export const split = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(x, [frame.rows, frame.length, heads, frame.config.headDim])

/** [rows, heads, length, headDim] -> [rows * length, heads * headDim] */
export const join = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor =>
  tf.reshape(headsFirst(x), [frame.rows * frame.length, heads * frame.config.headDim])

/** [rows * length, heads * headDim] -> rows as wide as a norm's gain: one head, or all of them */
export const asWideAs = (gain: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, gain.size])
