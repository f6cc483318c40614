/**
 * Matrix products on every engine: all products of this workspace go through `matMul`.
 *
 * On wasm the kernel is ours (`wasm/product`), registered beneath `tf.matMul`, so that the gradients which TensorFlow.js derives
 * from it are fast as well.
 */
import { tf } from './tf'
import './wasm'

/**
 * op(a) op(b) over the last two dimensions, with op the transpose if the flag is set; leading dimensions are batches, and those of
 * one operand may broadcast to those of the other.
 * Shapes [..., m, k] x [..., k, n] -> [..., m, n], after transposition.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { matMul, selectEngine, tf } from '@safe/tensor-core/engine'
 *
 * void selectEngine('wasm')().then(() => {
 *   const a = tf.tensor2d([1, 2, 3, 4], [2, 2])
 *   const b = tf.tensor2d([5, 6, 7, 8], [2, 2])
 *   const product = matMul(a, b, false, true) // a b^T
 *   assert.deepEqual([...product.dataSync()], [17, 23, 39, 53])
 *   tf.dispose([a, b, product])
 * })
 * ```
 */
export const matMul = <T extends tf.Tensor>(a: T, b: tf.Tensor, transposeA = false, transposeB = false): T =>
  tf.matMul<T>(a, b, transposeA, transposeB)
