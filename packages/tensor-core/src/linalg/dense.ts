/**
 * Dense matrices in double precision on the host, row-major, for small (r x r) and thin matrices. Checkpoints stay in float32
 * (`Matrix` of the contracts) and are converted to doubles only block by block (see `largeProducts`).
 */
import type { Matrix } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** A dense matrix in double precision. */
export interface Dense {
  readonly rows: number
  readonly cols: number
  /** [rows * cols], row-major. */
  readonly data: Float64Array
}

/**
 * A large matrix that is only read, row-major, in either precision: a `Matrix` of the contracts or a `Dense`, without conversion.
 */
export interface Large {
  readonly rows: number
  readonly cols: number
  readonly data: Float32Array | Float64Array
}

// constructors -----------------------------------------------------------------------------------

/** A matrix over `data`, which is not copied: [rows * cols], row-major. */
export const dense = (rows: number, cols: number, data: Float64Array): Dense => ({ rows, cols, data })
/** The matrix of zeros. */
export const zeros = (rows: number, cols: number): Dense => dense(rows, cols, new Float64Array(rows * cols))
/** The matrix with `f(i, j)` in row i and column j, both from 0. */
export const generate = (rows: number, cols: number, f: (i: number, j: number) => number): Dense => {
  const out = zeros(rows, cols)
  for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) out.data[i * cols + j] = f(i, j)
  return out
}
/** The identity, [n, n]. */
export const identity = (n: number): Dense => generate(n, n, (i, j) => (i === j ? 1 : 0))
/** A matrix from its rows, all of the first one's length: missing values are 0. */
export const fromRows = (rows: ReadonlyArray<ReadonlyArray<number>>): Dense =>
  generate(rows.length, rows[0]?.length ?? 0, (i, j) => rows[i]?.[j] ?? 0)
/** Widens float32. */
export const fromMatrix = (m: Large): Dense => dense(m.rows, m.cols, Float64Array.from(m.data))

// destructors ------------------------------------------------------------------------------------

/** Narrows to float32, rounding to nearest. */
export const toMatrix = (d: Dense): Matrix => ({
  rows: d.rows,
  cols: d.cols,
  data: Float32Array.from(d.data),
})
/** The value in row i and column j, both from 0; indices are not checked. */
export const at = (d: Dense, i: number, j: number): number => d.data[i * d.cols + j] ?? 0

// combinators ------------------------------------------------------------------------------------

/** a^T as a matrix of its own. */
export const transpose = (a: Dense): Dense => {
  const out = zeros(a.cols, a.rows)
  for (let i = 0; i < a.rows; i++)
    for (let j = 0; j < a.cols; j++) out.data[j * a.rows + i] = a.data[i * a.cols + j] ?? 0
  return out
}

/** x a + y b */
export const combine = (x: number, a: Dense, y: number, b: Dense): Dense => {
  const out = new Float64Array(a.data.length)
  for (let i = 0; i < out.length; i++) out[i] = x * (a.data[i] ?? 0) + y * (b.data[i] ?? 0)
  return dense(a.rows, a.cols, out)
}
/** a - b, of equal shapes. */
export const subtract = (a: Dense, b: Dense): Dense => combine(1, a, -1, b)
/** k a. */
export const scale = (k: number, a: Dense): Dense =>
  dense(
    a.rows,
    a.cols,
    a.data.map((x) => k * x),
  )

/** Columns `from` to `to` (exclusive). */
export const columns = (a: Dense, from: number, to: number): Dense =>
  generate(a.rows, to - from, (i, j) => at(a, i, from + j))
/** Rows `from` to `to` (exclusive). */
export const rows = (a: Dense, from: number, to: number): Dense =>
  dense(to - from, a.cols, a.data.slice(from * a.cols, to * a.cols))

/** [a b] */
export const beside = (a: Dense, b: Dense): Dense =>
  generate(a.rows, a.cols + b.cols, (i, j) => (j < a.cols ? at(a, i, j) : at(b, i, j - a.cols)))
/** [a; b] */
export const above = (a: Dense, b: Dense): Dense => {
  const out = zeros(a.rows + b.rows, a.cols)
  out.data.set(a.data)
  out.data.set(b.data, a.data.length)
  return out
}

/** Multiplies column j by s[j]. */
export const scaleColumns = (a: Dense, s: ArrayLike<number>): Dense =>
  generate(a.rows, a.cols, (i, j) => at(a, i, j) * (s[j] ?? 0))

// norms ------------------------------------------------------------------------------------------

/** Sum of the element-wise product: the Frobenius inner product. */
export const inner = (a: Dense, b: Dense): number => {
  let s = 0
  for (let i = 0; i < a.data.length; i++) s += (a.data[i] ?? 0) * (b.data[i] ?? 0)
  return s
}
/** ||a||_F^2 */
export const energy = (a: Dense): number => inner(a, a)
/** ||a||_F */
export const frobenius = (a: Dense): number => Math.sqrt(energy(a))
/** The sum of the diagonal of a square matrix. */
export const trace = (a: Dense): number => {
  let s = 0
  for (let i = 0; i < Math.min(a.rows, a.cols); i++) s += at(a, i, i)
  return s
}
