/** A matrix product added to a tensor: the sum of a frozen layer and its adapter. */
import { matMul } from '../matmul'
import { tf } from '../tf'
import { fusedNames, runFused } from './kernel'

/**
 * base + op(a) op(b) over the last two dimensions, with op the transpose if the flag is set.
 *
 * @param base has the shape of the product
 */
export const matMulAdd = (
  base: tf.Tensor,
  a: tf.Tensor,
  b: tf.Tensor,
  transposeA = false,
  transposeB = false,
): tf.Tensor => {
  const [fused] = runFused(fusedNames.matMulAdd, { a, b, base }, { transposeA, transposeB }) ?? []
  return fused ?? tf.tidy(() => tf.add(base, matMul(a, b, transposeA, transposeB)))
}
