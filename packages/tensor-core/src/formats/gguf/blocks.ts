/**
 * Dequantisation of blocks of 32 values (Q4_0, Q4_1, Q5_0, Q5_1, Q8_0), equal to Python's `gguf` bit for bit: products of a half
 * and a small integer are exact, so that each value is rounded to float32 once, as there.
 */
import { halves } from '../safetensors/dtype'

/** Widens whole blocks from `bytes` into `out`. */
export type Dequantise = (bytes: Uint8Array, out: Float32Array) => void

/** The half-precision number at `at`, little-endian. */
export const half = (bytes: Uint8Array, at: number): number =>
  halves()[(bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8)] ?? 0

/** d (q - offset), or d q + m: two values per byte, the low four bits in the first half of the block. */
const nibbles =
  (width: number, offset: number, hasMinimum: boolean): Dequantise =>
  (bytes, out) => {
    const start = hasMinimum ? 4 : 2
    for (let b = 0, o = 0; o < out.length; b += width, o += 32) {
      const d = half(bytes, b)
      const m = hasMinimum ? half(bytes, b + 2) : 0
      for (let j = 0; j < 16; j++) {
        const q = bytes[b + start + j] ?? 0
        const low = d * ((q & 15) - offset)
        const high = d * ((q >> 4) - offset)
        out[o + j] = hasMinimum ? low + m : low
        out[o + 16 + j] = hasMinimum ? high + m : high
      }
    }
  }

/** As `nibbles`, with a fifth bit per value in four bytes before them. */
const fives =
  (width: number, offset: number, hasMinimum: boolean): Dequantise =>
  (bytes, out) => {
    const plane = hasMinimum ? 4 : 2
    for (let b = 0, o = 0; o < out.length; b += width, o += 32) {
      const d = half(bytes, b)
      const m = hasMinimum ? half(bytes, b + 2) : 0
      for (let j = 0; j < 32; j++) {
        const packed = bytes[b + plane + 4 + (j & 15)] ?? 0
        const fifth = ((bytes[b + plane + (j >> 3)] ?? 0) >> (j & 7)) & 1
        const q = (j < 16 ? packed & 15 : packed >> 4) | (fifth << 4)
        const value = d * (q - offset)
        out[o + j] = hasMinimum ? value + m : value
      }
    }
  }

/** d q with signed bytes. */
const bytewise: Dequantise = (bytes, out) => {
  for (let b = 0, o = 0; o < out.length; b += 34, o += 32) {
    const d = half(bytes, b)
    for (let j = 0; j < 32; j++) out[o + j] = d * (((bytes[b + 2 + j] ?? 0) << 24) >> 24)
  }
}

export const blockDequantisers = {
  Q4_0: nibbles(18, 8, false),
  Q4_1: nibbles(20, 0, true),
  Q5_0: fives(22, 16, false),
  Q5_1: fives(24, 0, true),
  Q8_0: bytewise,
} as const
