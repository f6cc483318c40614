/** GPT-2's spelling of bytes as printable characters (`bytes_to_unicode`), used by byte-level vocabularies. */

const printable = (byte: number): boolean =>
  (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae

const spellings: ReadonlyArray<string> = (() => {
  const all: string[] = []
  let next = 256
  for (let byte = 0; byte < 256; byte++) all.push(String.fromCodePoint(printable(byte) ? byte : next++))
  return all
})()
const alphabet: ReadonlySet<string> = new Set(spellings)

/** Whether a token is written in the byte alphabet alone. */
export const isByteSpelled = (token: string): boolean => Array.from(token).every((c) => alphabet.has(c))

/** The token, with the bytes of its UTF-8 form spelled where it is not written in the byte alphabet. */
export const byteSpelled = (token: string): string =>
  isByteSpelled(token)
    ? token
    : [...new TextEncoder().encode(token)].map((byte) => spellings[byte] ?? '').join('')
