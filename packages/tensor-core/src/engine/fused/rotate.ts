/** Rotary embedding: pair (i, i + half) of the last axis is rotated by an angle given by its cosine and sine. */
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/**
 * Every pair rotated by the angle of its position.
 *
 * @param x [rows, length, heads, 2 half]
 * @param cos [1 or rows, length, 1, half]; `sin` likewise
 * @param back rotates by the opposite angle, which is also the gradient
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rotateHalves, selectEngine, tf } from '@safe/tensor-core/engine'
 *
 * void selectEngine('wasm')().then(() => {
 *   const [cos, sin] = [tf.tensor4d([0], [1, 1, 1, 1]), tf.tensor4d([1], [1, 1, 1, 1])] // a right angle
 *   const rotated = tf.tidy(() => rotateHalves(tf.tensor4d([2, 0], [1, 1, 1, 2]), cos, sin, false))
 *   assert.deepEqual([...rotated.dataSync()], [0, 2])
 *   tf.dispose([cos, sin, rotated])
 * })
 * ```
 */
export const rotateHalves = (x: tf.Tensor, cos: tf.Tensor, sin: tf.Tensor, back: boolean): tf.Tensor => {
  const [fused] = runFused(fusedNames.rotate, { x, cos, sin }, { back }) ?? []
  return (
    fused ??
    tf.tidy(() => {
      const [first, second] = tf.split(x, 2, -1)
      if (first === undefined || second === undefined) return x
      const [a, b] = [tf.mul(second, sin), tf.mul(first, sin)]
      const [c, d] = [tf.mul(first, cos), tf.mul(second, cos)]
      return tf.concat(back ? [tf.add(c, a), tf.sub(d, b)] : [tf.sub(c, a), tf.add(d, b)], -1)
    })
  )
}
