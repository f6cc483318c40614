/** Puts a kernel of ours in place of TensorFlow.js's on the wasm backend; what ours does not take, the original does. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'

export interface KernelCall {
  readonly backend: BackendWasm
  readonly inputs: tf.NamedTensorInfoMap
  readonly attrs: tf.NamedAttrMap
}

/** A kernel; undefined where these inputs are not for it. */
export type Kernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | undefined

const own = new Set<string>()

/** Whether a kernel of TensorFlow.js's, or one it lacks but knows by name, is replaced. */
export const isOurs = (kernelName: string): boolean => own.has(kernelName)

/** TensorFlow.js's kernel, where it has one. */
const originalOf = (kernelName: string): tf.KernelConfig | undefined => tf.getKernel(kernelName, 'wasm')

/** Registers `kernel` under a kernel's name; calling it again changes nothing. */
export const override = (kernelName: string, kernel: Kernel): void => {
  if (own.has(kernelName)) return
  own.add(kernelName)
  const original = originalOf(kernelName)
  if (original !== undefined) tf.unregisterKernel(kernelName, 'wasm')
  tf.registerKernel({
    ...original,
    kernelName,
    backendName: 'wasm',
    kernelFunc: (call) => {
      const { backend, inputs, attrs } = call
      if (!(backend instanceof BackendWasm)) throw new Error(`${kernelName} runs on the wasm backend`)
      const result = kernel({ backend, inputs, attrs: attrs ?? {} })
      if (result !== undefined) return result
      if (original === undefined)
        throw new Error(`${kernelName} does not take these inputs on the wasm engine`)
      return original.kernelFunc(call)
    },
  })
}

/** Four bytes per element: what the copying kernels move. */
export const isFourBytes = (...tensors: ReadonlyArray<tf.TensorInfo | undefined>): boolean =>
  tensors.every((t) => t !== undefined && (t.dtype === 'float32' || t.dtype === 'int32'))

export const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/** Whether an attribute is a list of numbers. */
export const isNumbers = (u: unknown): u is number[] =>
  Array.isArray(u) && u.every((x) => typeof x === 'number')
