/**
 * Decompression of pages: gzip and brotli by Node, zstd by `fzstd`, snappy by `hyparquet`, LZ4 blocks here. A page gets as much
 * memory as the length it states; a page that expands to another length is damaged.
 */
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import { decompress as unpackZstd } from 'fzstd'
import type { Compressors } from 'hyparquet'
import { damage } from './damage'

/** LZ4's block format: github.com/lz4/lz4, doc/lz4_Block_format.md. */
const unpackLz4 = (input: Uint8Array, length: number): Uint8Array => {
  const output = new Uint8Array(length)
  const state = { in: 0, out: 0 }
  const byte = (): number => input[state.in++] ?? damage('an LZ4 page ends too early')
  const lengthFrom = (nibble: number): number => {
    let total = nibble
    if (nibble === 15) for (let more = 255; more === 255; total += more) more = byte()
    return total
  }
  while (state.in < input.length) {
    const token = byte()
    const literals = lengthFrom(token >> 4)
    if (state.in + literals > input.length || state.out + literals > length) damage('an LZ4 page is broken')
    output.set(input.subarray(state.in, state.in + literals), state.out)
    state.in += literals
    state.out += literals
    if (state.in === input.length) break
    const offset = byte() | (byte() << 8)
    const copied = lengthFrom(token & 15) + 4
    if (offset === 0 || offset > state.out || state.out + copied > length) damage('an LZ4 page is broken')
    for (let i = 0; i < copied; i++, state.out++) output[state.out] = output[state.out - offset] ?? 0
  }
  return state.out === length ? output : damage('an LZ4 page is shorter than it says')
}

/** An empty page is empty in every codec. */
const orEmpty =
  (unpack: (input: Uint8Array, length: number) => Uint8Array) =>
  (input: Uint8Array, length: number): Uint8Array =>
    input.byteLength === 0 && length === 0 ? input : unpack(input, length)

export const compressors: Compressors = {
  GZIP: orEmpty((input, length) => gunzipSync(input, { maxOutputLength: Math.max(1, length) })),
  BROTLI: orEmpty((input, length) => brotliDecompressSync(input, { maxOutputLength: Math.max(1, length) })),
  ZSTD: orEmpty((input, length) => unpackZstd(input, new Uint8Array(length))),
  LZ4_RAW: orEmpty(unpackLz4),
}
