/**
 * Estimates of the memory that parsed JSON takes, from its text: a list of empty lists takes twenty times its own length, a row of
 * prose about twice. Measured on Node's V8: 16 bytes of header plus the characters for a string, 32 for a list, 8 for an item, 56
 * for an object, 16 for a field.
 */

const costs = ((): Uint8Array => {
  const table = new Uint8Array(128).fill(2)
  const set = (c: string, bytes: number): void => {
    table[c.charCodeAt(0)] = bytes
  }
  set(',', 8)
  set('[', 40)
  set('{', 56)
  set(':', 16)
  set('"', 10)
  return table
})()

/** The row's own record and its example. */
const perRow = 400

/** Bytes of memory that a row with this text takes, including the text. */
export const rowBytes = (text: string): number => {
  let bytes = perRow
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    bytes += c < 128 ? (costs[c] ?? 2) : 4
  }
  return bytes
}

/** Bytes that the CSV parser keeps per record besides its cells, of which it holds three lists. */
const perRecord = 1000

/** Bytes of memory that a CSV file with this text takes while it is parsed. */
export const tableBytes = (text: string): number => {
  let records = 1
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) records++
  return 3 * rowBytes(text) + records * perRecord
}
