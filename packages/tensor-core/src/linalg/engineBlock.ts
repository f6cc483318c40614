/**
 * Thin blocks of columns on the tensor engine, in float32: how they get there and back, and orthonormal bases of their columns. Whoever
 * makes a block disposes of it.
 */
import { matMul, tf } from '../engine'
import { type Dense, type Large, at, dense, zeros } from './dense'
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

/** R^-1 for G = R^T R, G [k, k]; undefined where a column depends on those before it. */
const inverseRoot = (g: Dense): Dense | undefined => {
  const k = g.cols
  const L = zeros(k, k)
  for (let j = 0; j < k; j++)
    for (let i = j; i < k; i++) {
      let s = at(g, i, j)
      for (let l = 0; l < j; l++) s -= at(L, i, l) * at(L, j, l)
      if (i === j && !(s > leastPivot * at(g, i, i))) return undefined
      L.data[i * k + j] = i === j ? Math.sqrt(s) : s / at(L, j, j)
    }
  // Column j of R^-1 solves R x = e_j from below, R = L^T.
  const out = zeros(k, k)
  for (let j = 0; j < k; j++)
    for (let i = j; i >= 0; i--) {
      let s = i === j ? 1 : 0
      for (let l = i + 1; l <= j; l++) s -= at(L, l, i) * at(out, l, j)
      out.data[i * k + j] = s / at(L, i, i)
    }
  return out
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
