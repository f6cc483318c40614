/**
 * Our own WebAssembly kernels, working on the memory of TensorFlow.js's wasm backend: tensors are read and written where they
 * lie, nothing is copied.
 */
import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm'
import type { tf } from '../tf'
import { binary } from './binary'

// model ------------------------------------------------------------------------------------------

/** What tools/wasm exports; pointers are byte addresses, strides are in floats. */
export interface Kernels {
  readonly scratchFloats: (k: number, n: number) => number
  readonly products: (
    a: number,
    strideA: number,
    b: number,
    strideB: number,
    base: number,
    out: number,
    batch: number,
    m: number,
    k: number,
    n: number,
    transposeA: number,
    transposeB: number,
    scratch: number,
  ) => void
  readonly copyBlocks: (
    from: number,
    fromStride: number,
    to: number,
    toStride: number,
    floats: number,
    count: number,
  ) => void
  readonly gatherBlocks: (
    from: number,
    indices: number,
    count: number,
    to: number,
    outer: number,
    size: number,
    floats: number,
  ) => number
  readonly sumSegments: (
    from: number,
    segments: number,
    count: number,
    to: number,
    size: number,
    floats: number,
  ) => void
  readonly exponentials: (from: number, to: number, count: number) => void
  readonly logarithms: (from: number, to: number, count: number) => void
  readonly add: EntryWise
  readonly subtract: EntryWise
  readonly multiply: EntryWise
  readonly divide: EntryWise
  readonly sumRows: (from: number, to: number, rows: number, width: number, divisor: number) => void
  readonly sumColumns: (
    from: number,
    to: number,
    outer: number,
    rows: number,
    width: number,
    divisor: number,
  ) => void
  readonly rmsNorm: (
    x: number,
    gain: number,
    y: number,
    scale: number,
    rows: number,
    width: number,
    epsilon: number,
  ) => void
  readonly rmsNormPullback: (
    dy: number,
    x: number,
    scale: number,
    gain: number,
    dx: number,
    rows: number,
    width: number,
  ) => void
  readonly scaleRows: (x: number, scale: number, gain: number, y: number, rows: number, width: number) => void
  readonly rotate: (
    x: number,
    cos: number,
    sin: number,
    rowStride: number,
    y: number,
    rows: number,
    length: number,
    heads: number,
    half: number,
    back: number,
  ) => void
  readonly gated: (gate: number, sigmoid: number, up: number, y: number, count: number) => void
  readonly gatedPullback: (
    gate: number,
    sigmoid: number,
    up: number,
    dy: number,
    dGate: number,
    dUp: number,
    count: number,
  ) => void
  readonly softmaxPullback: (
    dWeights: number,
    weights: number,
    factor: number,
    dScores: number,
    rows: number,
    width: number,
  ) => void
  readonly crossEntropy: (
    logits: number,
    ids: number,
    weights: number,
    losses: number,
    dLogits: number,
    rows: number,
    width: number,
  ) => void
  readonly adamW: (
    p: number,
    m: number,
    v: number,
    g: number,
    toP: number,
    toM: number,
    toV: number,
    count: number,
    beta1: number,
    rest1: number,
    beta2: number,
    rest2: number,
    decay: number,
    root: number,
    epsilon: number,
    rate: number,
  ) => void
}

/** Three outer axes and the innermost, whose strides are 1, or 0 for an operand that stays. */
type EntryWise = (
  a: number,
  a0: number,
  a1: number,
  a2: number,
  stepA: number,
  b: number,
  b0: number,
  b1: number,
  b2: number,
  stepB: number,
  out: number,
  n0: number,
  n1: number,
  n2: number,
  n: number,
) => void

// the host's WebAssembly --------------------------------------------------------------------------

/** The part of the WebAssembly interface used here; Node's types leave it to those of browsers. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

/** What emscripten's module offers beneath TensorFlow.js's types. */
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
  if (!isHeap(heap)) throw new Error('the wasm backend does not show its memory')
  return heap
}

// instances --------------------------------------------------------------------------------------

const names = [
  'products',
  'scratchFloats',
  'copyBlocks',
  'gatherBlocks',
  'sumSegments',
  'exponentials',
  'logarithms',
  'add',
  'subtract',
  'multiply',
  'divide',
  'sumRows',
  'sumColumns',
  'rmsNorm',
  'rmsNormPullback',
  'scaleRows',
  'rotate',
  'gated',
  'gatedPullback',
  'softmaxPullback',
  'crossEntropy',
  'adamW',
] as const satisfies ReadonlyArray<keyof Kernels>

const isKernels = (u: object): u is Kernels => {
  const exported = new Map(Object.entries(u))
  return names.every((name) => typeof exported.get(name) === 'function')
}

const instances = new WeakMap<BackendWasm, Kernels>()

/** The kernels of this backend, made on first use. */
export const kernelsOf = (backend: BackendWasm): Kernels => {
  const there = instances.get(backend)
  if (there !== undefined) return there
  const module = new WebAssembly.Module(Buffer.from(binary, 'base64'))
  const { exports } = new WebAssembly.Instance(module, { env: { memory: heapOf(backend).asm.memory } })
  if (!isKernels(exports)) throw new Error("the wasm engine's kernels are not what they should be")
  instances.set(backend, exports)
  return exports
}

/** Where a tensor's values lie, as a byte address. */
export const addressOf = (backend: BackendWasm, tensor: tf.TensorInfo): number =>
  backend.getMemoryOffset(tensor.dataId)

/** Runs `work` with `floats` of scratch memory. */
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
