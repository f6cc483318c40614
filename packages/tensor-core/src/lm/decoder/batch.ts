/** Rows of tokens of unequal length as one padded batch, and the positions whose predictions count. */
import type { EncodedExample } from '../../text'

// model ------------------------------------------------------------------------------------------

/** A padded batch with the positions that predict a response token. */
export interface TokenBatch {
  readonly rows: number
  /** Longest row; shorter ones are padded on the right, which no earlier position can see. */
  readonly length: number
  /** [rows * length] */
  readonly tokens: Int32Array
  /** Flat positions (row * length + t) that predict a response token. */
  readonly positions: Int32Array
  /** The token each of them should predict. */
  readonly targets: Int32Array
  /** The row each of them belongs to. */
  readonly owners: Int32Array
  /** [rows] how many of them each row has. */
  readonly counts: Int32Array
  /** [rows] tokens of each row, without padding. */
  readonly lengths: Int32Array
}

// constructors -----------------------------------------------------------------------------------

/** Response tokens that follow another token: the first token of a row cannot be predicted. */
export const predicted = (row: EncodedExample): ReadonlyArray<number> =>
  row.promptTokens.length === 0 ? row.responseTokens.slice(1) : row.responseTokens

/** Rows as one batch, padded on the right to the longest. */
export const tokenBatch = (rows: ReadonlyArray<EncodedExample>): TokenBatch => {
  const lengths = Int32Array.from(rows, (r) => r.promptTokens.length + r.responseTokens.length)
  const length = Math.max(1, ...lengths)
  const tokens = new Int32Array(rows.length * length)
  const counts = Int32Array.from(rows, (r) => predicted(r).length)
  const total = counts.reduce((a, b) => a + b, 0)
  const [positions, targets, owners] = [new Int32Array(total), new Int32Array(total), new Int32Array(total)]
  let at = 0
  rows.forEach((r, n) => {
    tokens.set(r.promptTokens, n * length)
    tokens.set(r.responseTokens, n * length + r.promptTokens.length)
    const first = Math.max(0, r.promptTokens.length - 1)
    predicted(r).forEach((id, i) => {
      positions[at] = n * length + first + i
      targets[at] = id
      owners[at] = n
      at += 1
    })
  })
  return { rows: rows.length, length, tokens, positions, targets, owners, counts, lengths }
}

/** [rows] mean of the positions' values, 0 for a row without any. */
export const meanByRow = (batch: TokenBatch, values: ArrayLike<number>): Float32Array => {
  const sums = new Float64Array(batch.rows)
  batch.owners.forEach((n, i) => (sums[n] = (sums[n] ?? 0) + (values[i] ?? 0)))
  return Float32Array.from(sums, (s, n) => s / Math.max(1, batch.counts[n] ?? 0))
}
