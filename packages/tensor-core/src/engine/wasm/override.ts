/** Replaces a kernel of TensorFlow.js on the wasm backend by ours; inputs that ours does not accept go to the original. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { tf } from '../tf'

export interface KernelCall {
  readonly backend: BackendWasm
  readonly inputs: tf.NamedTensorInfoMap
  readonly attrs: tf.NamedAttrMap
}

/** A kernel; undefined if it does not accept these inputs. */
export type Kernel = (call: KernelCall) => tf.TensorInfo | tf.TensorInfo[] | undefined

const own = new Set<string>()

/** Whether a kernel of TensorFlow.js, or one that it knows by name but lacks, is replaced. */
export const isOurs = (kernelName: string): boolean => own.has(kernelName)

/** TensorFlow.js's kernel, if it has one. */
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
        throw new Error(`${kernelName} does not accept these inputs on the wasm engine`)
      return original.kernelFunc(call)
    },
  })
}

/** Four bytes per element, as the copying kernels need. */
export const isFourBytes = (...tensors: ReadonlyArray<tf.TensorInfo | undefined>): boolean =>
  tensors.every((t) => t !== undefined && (t.dtype === 'float32' || t.dtype === 'int32'))

export const sizeOf = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/** Whether an attribute is a list of numbers. */
export const isNumbers = (u: unknown): u is number[] =>
  Array.isArray(u) && u.every((x) => typeof x === 'number')
