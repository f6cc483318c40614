/** Layouts of a layer's states: one row per token, or heads apart. */
import { tf } from '../../engine'
import { headsFirst } from './attention'
import type { Frame } from './frame'

/** [positions, heads * headDim] -> [rows, length, heads, headDim]; where padding was left out, it is put back. */
export const split = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor => {
  const { packing } = frame
  const all =
    packing === undefined ? x : tf.gather(tf.reshape(x, [-1, heads * frame.config.headDim]), packing.source)
  return tf.reshape(all, [frame.rows, frame.length, heads, frame.config.headDim])
}

/** [rows, heads, length, headDim] -> [positions, heads * headDim], without padding where it was left out. */
export const join = (frame: Frame, x: tf.Tensor, heads: number): tf.Tensor => {
  const { packing } = frame
  const all = tf.reshape(headsFirst(x), [frame.rows * frame.length, heads * frame.config.headDim])
  return packing === undefined ? all : tf.gather(all, packing.places)
}

/** [rows * length, heads * headDim] -> rows as wide as a norm's gain: one head, or all of them */
export const asWideAs = (gain: tf.Tensor, x: tf.Tensor): tf.Tensor => tf.reshape(x, [-1, gain.size])
