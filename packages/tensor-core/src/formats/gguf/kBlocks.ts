/**
 * Dequantisation of the K types: blocks of 256 values in groups of 16 or 32 with small integer scales (Q2_K to Q6_K). The layouts
 * are those of Python's `gguf` (`quants.py`); results are equal bit for bit, for the reason given in `blocks.ts`.
 */
import { type Dequantise, half } from './blocks'

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0

/** 16 scale and minimum nibbles, 64 bytes of 2-bit values, d, dmin: d s q - dmin m. */
const q2k: Dequantise = (bytes, out) => {
  for (let b = 0, o = 0; o < out.length; b += 84, o += 256) {
    const d = half(bytes, b + 80)
    const dmin = half(bytes, b + 82)
    for (let group = 0; group < 16; group++) {
      const scale = byte(bytes, b + group)
      const dl = d * (scale & 15)
      const ml = dmin * (scale >> 4)
      const from = b + 16 + (group >> 3) * 32 + (group & 1) * 16
      const shift = ((group >> 1) & 3) * 2
      for (let j = 0; j < 16; j++) out[o + group * 16 + j] = dl * ((byte(bytes, from + j) >> shift) & 3) - ml
    }
  }
}

/** 32 bytes of high bits, 64 of low pairs, 12 of 6-bit scales, d: d (s - 32) (q - 4 where the high bit is clear). */
const q3k: Dequantise = (bytes, out) => {
  for (let b = 0, o = 0; o < out.length; b += 110, o += 256) {
    const d = half(bytes, b + 108)
    for (let group = 0; group < 16; group++) {
      const packed = byte(bytes, b + 96 + (group & 7))
      const low = group < 8 ? packed & 15 : packed >> 4
      const high = (byte(bytes, b + 104 + (group & 3)) >> (2 * (group >> 2))) & 3
      const dl = d * ((low | (high << 4)) - 32)
      const from = b + 32 + (group >> 3) * 32 + (group & 1) * 16
      const shift = ((group >> 1) & 3) * 2
      const mask = b + (group & 1) * 16
      for (let j = 0; j < 16; j++) {
        const borrow = ((byte(bytes, mask + j) >> (group >> 1)) & 1) === 0 ? 4 : 0
        out[o + group * 16 + j] = dl * (((byte(bytes, from + j) >> shift) & 3) - borrow)
      }
    }
  }
}

/** The 6-bit scale and minimum of group g of 8, packed in 12 bytes from `at`. */
const scaleOf = (bytes: Uint8Array, at: number, g: number): number =>
  g < 4 ? byte(bytes, at + g) & 63 : (byte(bytes, at + 4 + g) & 15) | ((byte(bytes, at + g - 4) >> 2) & 48)
const minimumOf = (bytes: Uint8Array, at: number, g: number): number =>
  g < 4 ? byte(bytes, at + 4 + g) & 63 : (byte(bytes, at + 4 + g) >> 4) | ((byte(bytes, at + g) >> 2) & 48)

/** d, dmin, 12 bytes of scales, then the values: d s q - dmin m, with a plane of fifth bits before the values for Q5_K. */
const grouped =
  (width: number, fifths: boolean): Dequantise =>
  (bytes, out) => {
    const start = fifths ? 48 : 16
    for (let b = 0, o = 0; o < out.length; b += width, o += 256) {
      const d = half(bytes, b)
      const dmin = half(bytes, b + 2)
      for (let group = 0; group < 8; group++) {
        const dl = d * scaleOf(bytes, b + 4, group)
        const ml = dmin * minimumOf(bytes, b + 4, group)
        const from = b + start + (group >> 1) * 32
        const shift = (group & 1) * 4
        for (let j = 0; j < 32; j++) {
          const fifth = fifths ? ((byte(bytes, b + 16 + j) >> group) & 1) << 4 : 0
          out[o + group * 32 + j] = dl * (((byte(bytes, from + j) >> shift) & 15) | fifth) - ml
        }
      }
    }
  }

/** 128 bytes of low nibbles, 64 of high pairs, 16 signed scales, d: d s (q - 32). */
const q6k: Dequantise = (bytes, out) => {
  for (let b = 0, o = 0; o < out.length; b += 210, o += 256) {
    const d = half(bytes, b + 208)
    for (let group = 0; group < 16; group++) {
      const dl = d * ((byte(bytes, b + 192 + group) << 24) >> 24)
      // values in rows of 32: row r has its low bits in 64 bytes for two nibbles, its high ones in 32 bytes for four pairs
      const row = group >> 1
      const column = (group & 1) * 16
      const low = b + (row >> 2) * 64 + (row & 1) * 32 + column
      const lowShift = ((row >> 1) & 1) * 4
      const high = b + 128 + (row >> 2) * 32 + column
      const highShift = (row & 3) * 2
      for (let j = 0; j < 16; j++) {
        const q =
          ((byte(bytes, low + j) >> lowShift) & 15) | (((byte(bytes, high + j) >> highShift) & 3) << 4)
        out[o + group * 16 + j] = dl * (q - 32)
      }
    }
  }
}

export const kDequantisers = {
  Q2_K: q2k,
  Q3_K: q3k,
  Q4_K: grouped(144, false),
  Q5_K: grouped(176, true),
  Q6_K: q6k,
} as const
