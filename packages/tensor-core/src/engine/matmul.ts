/**
 * Matrix products, on every engine: all of this workspace's go through `matMul`.
 *
 * On wasm the product itself is ours (`wasm/product`), registered beneath `tf.matMul`, so that the gradients TensorFlow.js
 * makes of it are fast as well.
 */
import { tf } from './tf'
import './wasm'

/**
 * op(a) op(b) over the last two dimensions, op the transpose where asked for; leading dimensions are batches,
 * and one operand's may broadcast to the other's.
 * Shapes [..., m, k] x [..., k, n] -> [..., m, n], after transposition.
 */
export const matMul = <T extends tf.Tensor>(a: T, b: tf.Tensor, transposeA = false, transposeB = false): T =>
  tf.matMul<T>(a, b, transposeA, transposeB)
