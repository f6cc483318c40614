/** The bytes that a token adds to a text in the middle of a sentence. */
import type { Json } from './files'
import { type LibraryDecoder, byteOf } from './library'

// byte-level alphabet ----------------------------------------------------------------------------

/** GPT-2's alphabet of bytes: printable Latin-1 characters represent themselves, other bytes are U+0100 onwards. */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const printable = (b: number): boolean => (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174
  const table = new Map<string, number>()
  let next = 256
  for (let b = 0; b < 256; b++) table.set(String.fromCharCode(printable(b) ? b : next++), b)
  return table
})()

const byteLevelBytes = (token: string): Uint8Array | undefined => {
  const bytes = Array.from(token, (c) => byteOfCharacter.get(c))
  return bytes.every((b) => b !== undefined) ? Uint8Array.from(bytes) : undefined
}

// decoders ---------------------------------------------------------------------------------------

const utf8 = new TextEncoder()
const isJson = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

/** Whether the decoder or pre-tokenizer contains a part of this type. */
export const hasPart = (part: unknown, type: string): boolean =>
  isJson(part) &&
  (part['type'] === type ||
    [part['decoders'], part['pretokenizers']].some(
      (inner) => Array.isArray(inner) && inner.some((p) => hasPart(p, type)),
    ))

const before = 'x'

export interface PieceRules {
  readonly byteLevel: boolean
  readonly byteFallback: boolean
  readonly decoder: LibraryDecoder | null
}

/** The bytes of an ordinary token; an `added` token has the bytes of its spelling. */
export const pieceBytes = (rules: PieceRules, token: string, added: boolean): Uint8Array => {
  if (rules.byteLevel) return (added ? undefined : byteLevelBytes(token)) ?? utf8.encode(token)
  const byte = rules.byteFallback ? byteOf(token) : undefined
  if (byte !== undefined) return Uint8Array.of(byte)
  const text = rules.decoder === null ? [before, token].join(' ') : rules.decoder.decode([before, token])
  return utf8.encode(text.startsWith(before) ? text.slice(before.length) : text)
}
