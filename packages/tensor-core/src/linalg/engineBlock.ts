/**
 * Thin blocks of columns on the tensor engine, in float32: how they get there and back, and orthonormal bases of their columns. Whoever
 * makes a block disposes of it.
 */
import { matMul, tf } from '../engine'
import { type Dense, type Large, dense, transpose } from './dense'
import { orthonormal } from './qr'

// model ------------------------------------------------------------------------------------------

/** A matrix on the engine, [rows, cols]. */
export type Block = tf.Tensor2D

// host and engine --------------------------------------------------------------------------------

/** Rows `from` to `from + count` (exclusive) as a block. */
export const rowsOf = (x: Large, from: number, count: number): Block => {
  const part = x.data.subarray(from * x.cols, (from + count) * x.cols)
  return tf.tensor2d(part instanceof Float32Array ? part : Float32Array.from(part), [count, x.cols])
}
/** The whole matrix as a block. */
export const toEngine = (x: Large): Block => rowsOf(x, 0, x.rows)
/** The values of the block that is made, as doubles; the block and all that it is made of is disposed of. */
export const toHost = (make: () => Block): Dense => {
  // Not within the tidy: TensorFlow.js searches what a tidy returns for tensors, number by number.
  const x = tf.tidy(make)
  const [rows, cols] = x.shape
  const data = Float64Array.from(x.dataSync())
  x.dispose()
  return dense(rows, cols, data)
}

/** The sum of the squares of the entries, row by row on the engine and in doubles over the rows. */
export const blockEnergy = (x: Block): number =>
  toHost(() => tf.sum(tf.square(x), 1, true)).data.reduce((s, row) => s + row, 0)

// orthonormal bases ------------------------------------------------------------------------------

/** A pivot below this share of its column's square: float32 sums leave nothing of such a column. */
const leastPivot = 1e-5

/** The lower triangular L of G = L L^T, [k, k]; undefined where a column depends on those before it. */
const cholesky = ({ cols: k, data: g }: Dense): Float64Array | undefined => {
  const L = new Float64Array(k * k)
  for (let i = 0; i < k; i++)
    for (let j = 0; j <= i; j++) {
      let s = g[i * k + j] ?? 0
      for (let l = 0; l < j; l++) s -= (L[i * k + l] ?? 0) * (L[j * k + l] ?? 0)
      if (i === j && !(s > leastPivot * (g[i * k + i] ?? 0))) return undefined
      L[i * k + j] = i === j ? Math.sqrt(s) : s / (L[j * k + j] ?? 1)
    }
  return L
}

/** R^-1 for G = R^T R; undefined where a column depends on those before it. */
const inverseRoot = (g: Dense): Dense | undefined => {
  const k = g.cols
  const L = cholesky(g)
  if (L === undefined) return undefined
  // Row j of L^-1 is column j of R^-1: x L = e_j, from the diagonal to the left.
  const rows = new Float64Array(k * k)
  for (let j = 0; j < k; j++)
    for (let i = j; i >= 0; i--) {
      let s = i === j ? 1 : 0
      for (let l = i + 1; l <= j; l++) s -= (rows[j * k + l] ?? 0) * (L[l * k + i] ?? 0)
      rows[j * k + i] = s / (L[i * k + i] ?? 1)
    }
  return transpose(dense(k, k, rows))
}

/** Y R^-1 with Y^T Y = R^T R: orthonormal columns as far as Y's are independent. */
const byCholesky = (y: Block): Block | undefined => {
  const root = inverseRoot(toHost(() => matMul(y, y, true)))
  return root === undefined ? undefined : tf.tidy(() => matMul(y, toEngine(root)))
}

/**
 * An orthonormal basis of the columns of Y [n, k], k <= n: twice by Cholesky factors (the second corrects the first's rounding), by
 * Householder reflections on the host where the columns depend on each other too much for that.
 */
export const orthonormalBlock = (y: Block): Block => {
  const once = byCholesky(y)
  const twice = once === undefined ? undefined : byCholesky(once)
  once?.dispose()
  return twice ?? toEngine(orthonormal(toHost(() => y.clone())))
}
