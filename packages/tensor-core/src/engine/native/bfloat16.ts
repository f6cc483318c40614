/**
 * Matrices kept in bfloat16 on TensorFlow's devices: half the memory of float32, and products on the bfloat16 units of the
 * processor or GPU. TensorFlow.js has no such type but TensorFlow does, and the addon executes any op on any handle. This file owns
 * the handles; inputs and outputs are float32 tensors.
 *
 * Operands are rounded to bfloat16 (8 bits of precision, to nearest even), products accumulate in float32 and are rounded again:
 * the arithmetic of a PyTorch model in bfloat16.
 */
import type { FrozenMatrix } from '../frozenMatrix'
import { rowsProduct } from '../fused/rowsProduct'
import type { tf } from '../tf'
import { type NativeBackend, nativeBackend } from './backend'
import type { RawTensor } from './binding'
import { execute, flag, multiply, typeAttribute } from './ops'

// model ------------------------------------------------------------------------------------------

/** Checkpoint types that are created on the device from their bytes. */
export type DeviceDtype = 'F64' | 'F32' | 'F16' | 'BF16'

/** TensorFlow's numbers for types, some of which TensorFlow.js does not name, and the width of each in bytes. */
const FLOAT = 1
const BFLOAT16 = 14
const UINT8 = 4
const INT32 = 3
const typeOf: Readonly<Record<DeviceDtype, { readonly type: number; readonly width: number }>> = {
  F64: { type: 2, width: 8 },
  F32: { type: FLOAT, width: 4 },
  F16: { type: 19, width: 2 },
  BF16: { type: BFLOAT16, width: 2 },
}

/** Whether a checkpoint's tensor of this dtype can be sent to the device as stored. */
export const isDeviceDtype = (dtype: string): dtype is DeviceDtype => Object.keys(typeOf).includes(dtype)

const held = { handles: 0 }

/** Handles in this process that TensorFlow.js does not count: zero after everything has been disposed of. */
export const rawHandles = (): number => held.handles

// ops --------------------------------------------------------------------------------------------

const cast = (backend: NativeBackend, id: number, from: number, to: number): RawTensor =>
  execute(
    backend,
    'Cast',
    [
      typeAttribute(backend, 'SrcT', from),
      typeAttribute(backend, 'DstT', to),
      flag(backend, 'Truncate', false),
    ],
    [id],
  )

/** The value of `use` on a handle that is freed afterwards. */
const using = <A>({ binding }: NativeBackend, raw: RawTensor, use: (raw: RawTensor) => A): A => {
  try {
    return use(raw)
  } finally {
    binding.deleteTensor(raw.id)
  }
}

/** The most recently rounded operand: queries, keys and values are products of the same one. */
const last: { of: object | undefined; raw: RawTensor | undefined } = { of: undefined, raw: undefined }

const releaseLast = ({ binding }: NativeBackend): void => {
  if (last.raw !== undefined) binding.deleteTensor(last.raw.id)
  last.of = undefined
  last.raw = undefined
}

/** A float32 tensor rounded to bfloat16; it is kept until another one is rounded, or a matrix is disposed of. */
const rounded = (backend: NativeBackend, x: tf.Tensor): RawTensor => {
  if (last.raw !== undefined && last.of === x.dataId) return last.raw
  releaseLast(backend)
  const [id] = backend.getInputTensorIds([x])
  if (id === undefined) throw new Error('the tensor is not on the device')
  last.raw = cast(backend, id, FLOAT, BFLOAT16)
  last.of = x.dataId
  return last.raw
}

const widened = (backend: NativeBackend, raw: RawTensor): tf.Tensor =>
  backend.createOutputTensor(cast(backend, raw.id, BFLOAT16, FLOAT))

const product = (backend: NativeBackend, x: tf.Tensor, w: number, transposed: boolean): tf.Tensor =>
  using(
    backend,
    multiply(backend, {
      type: BFLOAT16,
      operands: [rounded(backend, x).id, w],
      transposeA: false,
      transposeB: transposed,
    }),
    (y) => widened(backend, y),
  )

// bytes to handles -------------------------------------------------------------------------------

/** Little-endian bytes as a handle of their own type. TensorFlow takes ownership of memory aligned to 64 bytes, and copies other memory. */
const fromBytes = (
  backend: NativeBackend,
  bytes: Uint8Array,
  dtype: DeviceDtype,
  shape: ReadonlyArray<number>,
): RawTensor => {
  const { binding } = backend
  const { type, width } = typeOf[dtype]
  // A GPU's copy may end on another thread, where JavaScript's memory cannot be released: it gets a copy that is made here.
  const source = backend.isUsingGpuDevice ? new Uint8Array(bytes) : bytes
  const id = binding.createTensor([...shape, width], UINT8, source)
  return using(backend, { id, shape: [...shape, width], dtype: UINT8 }, (raw) =>
    execute(
      backend,
      'Bitcast',
      [typeAttribute(backend, 'T', UINT8), typeAttribute(backend, 'type', type)],
      [raw.id],
    ),
  )
}

const converted = (backend: NativeBackend, raw: RawTensor, to: number): RawTensor =>
  raw.dtype === to ? raw : using(backend, raw, ({ id, dtype }) => cast(backend, id, dtype, to))

/**
 * A checkpoint's bytes as a float32 tensor, widened on the device; undefined if the engine cannot do it.
 * The bytes must not be changed afterwards.
 */
export const tensorFromBytes = (
  bytes: Uint8Array,
  dtype: DeviceDtype,
  shape: ReadonlyArray<number>,
): tf.Tensor | undefined => {
  const backend = nativeBackend()
  return backend === undefined
    ? undefined
    : backend.createOutputTensor(converted(backend, fromBytes(backend, bytes, dtype, shape), FLOAT))
}

const matrixOf = (backend: NativeBackend, raw: RawTensor): FrozenMatrix => {
  held.handles += 1
  const state = { disposed: false }
  const onDevice = () => ({ handle: raw.id, type: BFLOAT16, rounded: true })
  return {
    product: (x) => rowsProduct(x, onDevice) ?? product(backend, x, raw.id, true),
    pullback: (dy) => product(backend, dy, raw.id, false),
    rows: (indices) => {
      const [id] = backend.getInputTensorIds([indices])
      if (id === undefined) throw new Error('the indices are not on the device')
      const axis = backend.binding.createTensor([], INT32, Int32Array.of(0))
      try {
        const gathered = execute(
          backend,
          'GatherV2',
          [
            typeAttribute(backend, 'Tparams', BFLOAT16),
            typeAttribute(backend, 'Tindices', INT32),
            typeAttribute(backend, 'Taxis', INT32),
            { name: 'batch_dims', type: backend.binding.TF_ATTR_INT, value: 0 },
          ],
          [raw.id, id, axis],
        )
        return using(backend, gathered, (y) => widened(backend, y))
      } finally {
        backend.binding.deleteTensor(axis)
      }
    },
    onDevice,
    dispose: () => {
      if (state.disposed) return
      state.disposed = true
      held.handles -= 1
      releaseLast(backend)
      backend.binding.deleteTensor(raw.id)
    },
  }
}

/**
 * A checkpoint's bytes as a matrix kept in bfloat16; undefined if the engine cannot do it. The bytes must not be changed afterwards.
 */
export const matrixFromBytes = (
  bytes: Uint8Array,
  dtype: DeviceDtype,
  shape: readonly [number, number],
): FrozenMatrix | undefined => {
  const backend = nativeBackend()
  return backend === undefined
    ? undefined
    : matrixOf(backend, converted(backend, fromBytes(backend, bytes, dtype, shape), BFLOAT16))
}
