/** A frozen matrix behind the three operations that a decoder needs, so that its storage is an implementation detail. */
import { type DeviceMatrix, rowsProduct } from './fused/rowsProduct'
import { matMul } from './matmul'
import { nativeBackend } from './native/backend'
import { tf } from './tf'

// model ------------------------------------------------------------------------------------------

/** W [rows, cols]; inputs and outputs are float32. */
export interface FrozenMatrix {
  /** x [n, cols] -> x W^T [n, rows] */
  readonly product: (x: tf.Tensor) => tf.Tensor
  /** dy [n, rows] -> dy W [n, cols] */
  readonly pullback: (dy: tf.Tensor) => tf.Tensor
  /** The rows of W that an int32 tensor [n] names -> [n, cols] */
  readonly rows: (indices: tf.Tensor) => tf.Tensor
  /** Where it is on the device, for kernels that read it there; undefined on engines without such kernels. */
  readonly onDevice?: () => DeviceMatrix | undefined
  readonly dispose: () => void
}

// constructors -----------------------------------------------------------------------------------

/**
 * Takes ownership of the weight [rows, cols], in float32: disposing of the matrix disposes of it.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { float32Matrix, selectEngine, tf } from '@safe/tensor-core/engine'
 *
 * void selectEngine('wasm')().then(() => {
 *   const w = float32Matrix(tf.tensor2d([1, 2, 3, 4], [2, 2]))
 *   const y = tf.tidy(() => w.product(tf.tensor2d([1, 1], [1, 2]))) // x W^T
 *   assert.deepEqual([...y.dataSync()], [3, 7])
 *   y.dispose()
 *   w.dispose()
 * })
 * ```
 */
export const float32Matrix = (weight: tf.Tensor): FrozenMatrix => {
  const onDevice = (): DeviceMatrix | undefined => {
    const backend = nativeBackend()
    const [handle] = backend?.getInputTensorIds([weight]) ?? []
    return backend === undefined || handle === undefined
      ? undefined
      : { handle, type: backend.binding.TF_FLOAT, rounded: false }
  }
  return {
    product: (x) => rowsProduct(x, onDevice) ?? matMul(x, weight, false, true),
    pullback: (dy) => matMul(dy, weight),
    rows: (indices) => tf.gather(weight, indices),
    onDevice,
    dispose: () => weight.dispose(),
  }
}
