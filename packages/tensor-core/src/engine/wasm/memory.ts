/**
 * Our own WebAssembly kernels, working on the memory of TensorFlow.js's wasm backend: tensors are read and written in place, nothing
 * is copied.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import { assetOrThrow } from '../asset'
import type { tf } from '../tf'
import { type Kernels, isKernels } from './kernels'

// the host's WebAssembly -------------------------------------------------------------------------

/** The part of the WebAssembly interface used here, which Node's types do not declare. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

/** What emscripten's module has beyond TensorFlow.js's types. */
interface Heap {
  readonly _malloc: (bytes: number) => number
  readonly _free: (address: number) => void
  readonly asm: { readonly memory: object }
}

const isHeap = (u: object): u is Heap =>
  '_malloc' in u &&
  typeof u._malloc === 'function' &&
  '_free' in u &&
  typeof u._free === 'function' &&
  'asm' in u &&
  typeof u.asm === 'object' &&
  u.asm !== null &&
  'memory' in u.asm

const heapOf = (backend: BackendWasm): Heap => {
  const heap: object = backend.wasm
  if (!isHeap(heap)) throw new Error('the memory of the wasm backend is not accessible')
  return heap
}

// instances --------------------------------------------------------------------------------------

const instances = new WeakMap<BackendWasm, Kernels>()

/** The kernels of this backend, compiled on first use. */
export const kernelsOf = (backend: BackendWasm): Kernels => {
  const existing = instances.get(backend)
  if (existing !== undefined) return existing
  const module = new WebAssembly.Module(assetOrThrow(__dirname, 'kernels.wasm'))
  const { exports } = new WebAssembly.Instance(module, { env: { memory: heapOf(backend).asm.memory } })
  if (!isKernels(exports)) throw new Error('kernels.wasm does not export the kernels of this release')
  instances.set(backend, exports)
  return exports
}

/** The byte address of a tensor's values. */
export const addressOf = (backend: BackendWasm, tensor: tf.TensorInfo): number =>
  backend.getMemoryOffset(tensor.dataId)

/** Runs `work` with scratch memory for so many floats. */
export const withScratch = (backend: BackendWasm, floats: number, work: (address: number) => void): void => {
  const heap = heapOf(backend)
  const address = heap._malloc(floats * 4) >>> 0
  if (address === 0) throw new Error('the wasm engine is out of memory (4 GB at most): use the native engine')
  try {
    work(address)
  } finally {
    heap._free(address)
  }
}
