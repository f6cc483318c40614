/**
 * The matrix product of the wasm engine, put in place of TensorFlow.js's own beneath `tf.matMul`, gradients included.
 *
 * TensorFlow.js's kernel is fast (XNNPACK, about 40 GFLOP/s on one core) for a plain two-dimensional product alone; with a
 * transposed operand it runs at 1 to 3. So operands are transposed first, except where the product is so thin that copying
 * the operand costs more than the product.
 */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from './tf'

// model ------------------------------------------------------------------------------------------

/** Products with fewer rows (or columns) than this read a transposed operand as it stands: measured break-even. */
const thin = 6

// kernel -----------------------------------------------------------------------------------------

const isTensorInfo = (x: tf.TensorInfo | tf.TensorInfo[]): x is tf.TensorInfo => !Array.isArray(x)

const run = (
  kernel: tf.KernelConfig,
  backend: tf.KernelBackend,
  inputs: tf.NamedTensorInfoMap,
  attrs: tf.NamedAttrMap,
): tf.TensorInfo => {
  const out = kernel.kernelFunc({ inputs, backend, attrs })
  if (!isTensorInfo(out)) throw new Error(`${kernel.kernelName} gave several tensors`)
  return out
}

const swapped = (rank: number): number[] => [...Array(rank - 2).keys(), rank - 1, rank - 2]

/** Registers the product; calling it again changes nothing. */
export const registerWasmProduct = (): void => {
  const own = tf.getKernel('BatchMatMul', 'wasm')
  const transpose = tf.getKernel('Transpose', 'wasm')
  if (state.registered) return
  state.registered = true
  tf.unregisterKernel('BatchMatMul', 'wasm')
  tf.registerKernel({
    ...own,
    kernelFunc: ({ inputs, backend, attrs }) => {
      const { a, b } = inputs
      if (a === undefined || b === undefined || !(backend instanceof BackendWasm))
        throw new Error('BatchMatMul takes two tensors on wasm')
      const transposeA = attrs?.['transposeA'] === true
      const transposeB = attrs?.['transposeB'] === true
      const rows = a.shape.at(transposeA ? -1 : -2) ?? 1
      const cols = b.shape.at(transposeB ? -2 : -1) ?? 1
      const flipA = transposeA && cols >= thin
      const flipB = transposeB && rows >= thin
      const flip = (x: tf.TensorInfo): tf.TensorInfo =>
        run(transpose, backend, { x }, { perm: swapped(x.shape.length) })
      const left = flipA ? flip(a) : a
      const right = flipB ? flip(b) : b
      const out = run(
        own,
        backend,
        { a: left, b: right },
        { transposeA: transposeA && !flipA, transposeB: transposeB && !flipB },
      )
      if (flipA) backend.disposeData(left.dataId)
      if (flipB) backend.disposeData(right.dataId)
      return out
    },
  })
}

const state = { registered: false }
