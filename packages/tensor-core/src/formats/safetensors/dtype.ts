/**
 * Element types of safetensors and the conversion of floating-point ones to and from float32. Narrowing rounds to nearest, ties
 * to even, as torch's `.to(dtype)` does; widening is exact except for F64, which is rounded to float32.
 */
import type { StoredDtype } from '../../contracts'

// model ------------------------------------------------------------------------------------------

/** Bytes per element of every dtype, so that a file with tensors that cannot be read as weights can still be checked and opened. */
export const byteWidths: ReadonlyMap<string, number> = new Map([
  ['F64', 8],
  ['F32', 4],
  ['F16', 2],
  ['BF16', 2],
  ['I64', 8],
  ['I32', 4],
  ['I16', 2],
  ['I8', 1],
  ['U8', 1],
  ['BOOL', 1],
  ['U64', 8],
  ['U32', 4],
  ['U16', 2],
  ['F8_E4M3', 1],
  ['F8_E5M2', 1],
  ['F8_E8M0', 1],
  ['C64', 8],
])

const storedDtypes: ReadonlyArray<StoredDtype> = ['F64', 'F32', 'F16', 'BF16']
/** Whether tensors of this dtype are read and written as float32 values: F64, F32, F16 or BF16. */
export const isStoredDtype = (dtype: string): dtype is StoredDtype => storedDtypes.some((d) => d === dtype)

// half precision ---------------------------------------------------------------------------------

const float = new Float32Array(1)
const bits = new Uint32Array(float.buffer)

/** The float32 bits of every half-precision number, computed at first use (256 kB). */
const halfTable = (() => {
  const made: { table?: Uint32Array } = {}
  const make = (): Uint32Array => {
    const table = new Uint32Array(65536)
    for (let h = 0; h < 65536; h++) {
      const exponent = (h >> 10) & 31
      const fraction = h & 1023
      const magnitude =
        exponent === 31
          ? fraction === 0
            ? Infinity
            : NaN
          : exponent === 0
            ? fraction * 2 ** -24
            : (1 + fraction / 1024) * 2 ** (exponent - 15)
      float[0] = magnitude
      table[h] = ((bits[0] ?? 0) | ((h & 0x8000) << 16)) >>> 0
    }
    return table
  }
  return (): Uint32Array => (made.table ??= make())
})()

/** The value of every half-precision number, by its bits. */
export const halves = (() => {
  const made: { values?: Float32Array } = {}
  return (): Float32Array => (made.values ??= new Float32Array(halfTable().buffer))
})()

/** Converts the bits of a float32 to those of the nearest bfloat16. */
const toBrain = (b: number): number =>
  (b & 0x7fffffff) > 0x7f800000 ? (b >>> 16) | 0x40 : ((b + 0x7fff + ((b >>> 16) & 1)) >>> 16) & 0xffff

/** Converts the bits of a float32 to those of the nearest half-precision number. */
const toHalf = (b: number): number => {
  const sign = (b >>> 16) & 0x8000
  const magnitude = b & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00
  if (magnitude >= 0x38800000)
    return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
  if (magnitude < 0x33000000) return sign
  const shift = 126 - (magnitude >>> 23)
  const full = (magnitude & 0x7fffff) | 0x800000
  const kept = full >>> shift
  const rest = full & ((1 << shift) - 1)
  const middle = 1 << (shift - 1)
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0))
}

// widening ---------------------------------------------------------------------------------------

type Widen = (bytes: Uint8Array, out: Float32Array) => void

/** Arguments of a typed array over `bytes`; the bytes are copied where they are not aligned. */
const aligned = (bytes: Uint8Array, width: number): [ArrayBufferLike, number, number] => {
  const own = bytes.byteOffset % width === 0 ? bytes : bytes.slice()
  return [own.buffer, own.byteOffset, own.byteLength / width]
}

const wideners: Readonly<Record<StoredDtype, Widen>> = {
  F32: (bytes, out) => out.set(new Float32Array(...aligned(bytes, 4))),
  F64: (bytes, out) => out.set(new Float64Array(...aligned(bytes, 8))),
  BF16: (bytes, out) => {
    const source = new Uint16Array(...aligned(bytes, 2))
    const target = new Uint32Array(out.buffer, out.byteOffset, out.length)
    for (let i = 0; i < source.length; i++) target[i] = (source[i] ?? 0) << 16
  },
  F16: (bytes, out) => {
    const table = halfTable()
    const source = new Uint16Array(...aligned(bytes, 2))
    const target = new Uint32Array(out.buffer, out.byteOffset, out.length)
    for (let i = 0; i < source.length; i++) target[i] = table[source[i] ?? 0] ?? 0
  },
}

/** Widens little-endian elements into `out` (same number of elements). */
export const widen = (dtype: StoredDtype, bytes: Uint8Array, out: Float32Array): void =>
  wideners[dtype](bytes, out)

// narrowing --------------------------------------------------------------------------------------

/** Little-endian bytes of `values` stored as `dtype`; for F32 they are a view of the memory of `values`. */
export const narrow = (dtype: StoredDtype, values: Float32Array): Uint8Array => {
  switch (dtype) {
    case 'F32':
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    case 'F64':
      return new Uint8Array(Float64Array.from(values).buffer)
    case 'BF16':
    case 'F16': {
      const convert = dtype === 'BF16' ? toBrain : toHalf
      const source = new Uint32Array(values.buffer, values.byteOffset, values.length)
      const out = new Uint16Array(values.length)
      for (let i = 0; i < out.length; i++) out[i] = convert(source[i] ?? 0)
      return new Uint8Array(out.buffer)
    }
  }
}
