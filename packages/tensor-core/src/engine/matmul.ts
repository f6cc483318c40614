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
 */
export const matMul = <T extends tf.Tensor>(a: T, b: tf.Tensor, transposeA = false, transposeB = false): T =>
  tf.matMul<T>(a, b, transposeA, transposeB)
