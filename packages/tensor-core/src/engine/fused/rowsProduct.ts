/** A product of few rows with a large matrix: bound by reading the matrix, which the engine's own products do slowly. */
import type { tf } from '../tf'
import { fusedNames, hasFused, runFused } from './kernel'

/** Rows up to which a product is bound by reading its matrix: beyond, the engine's own products are as fast. */
export const FEW_ROWS = 64

/** Where a matrix is on the device. */
export interface DeviceMatrix {
  /** The engine's number of it. */
  readonly handle: number
  /** The engine's number of its type. */
  readonly type: number
  /** Whether operands and products are rounded to bfloat16. */
  readonly rounded: boolean
}

/** x [n, cols], W [rows, cols] -> x W^T; undefined if the engine has no such kernel, or if it would not be faster. */
export const rowsProduct = (x: tf.Tensor, matrix: () => DeviceMatrix | undefined): tf.Tensor | undefined => {
  const [rows = 0] = x.shape
  if (x.shape.length !== 2 || rows > FEW_ROWS || x.dtype !== 'float32') return undefined
  if (!hasFused(fusedNames.rowsProduct)) return undefined
  const w = matrix()
  return w === undefined
    ? undefined
    : runFused(fusedNames.rowsProduct, { x }, { matrices: [w.handle], type: w.type, rounded: w.rounded })?.[0]
}
