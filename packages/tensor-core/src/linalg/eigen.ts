/**
 * Eigenvalues and eigenvectors of symmetric matrices: blocked tridiagonal reduction, then the implicit QL iteration
 * (EISPACK's imtql2; Golub and Van Loan, section 8.3). Values come in descending order.
 */
import { inOneGo } from './cooperative'
import { type Dense, dense, generate, identity, transpose, zeros } from './dense'
import { type Tridiagonal, reductionSteps, timesQ } from './tridiagonal'

// model ------------------------------------------------------------------------------------------

/** A symmetric matrix as sum_j values[j] v_j v_j^T. */
export interface SymmetricEigen {
  /** [n], descending. */
  readonly values: Float64Array
  /** [n, n], column j belongs to values[j]. */
  readonly vectors: Dense
}

/** QL sweeps allowed per eigenvalue; two are usual. */
const maxSweeps = 60

// iteration --------------------------------------------------------------------------------------

/**
 * Overwrites `d` with the eigenvalues (in no order) and destroys `e` [n]; if `z` [n, m] is given, the plane rotations act on its rows:
 * starting as the identity, it ends as Z^T of T = Z diag(d) Z^T.
 */
const implicitQL = (d: Float64Array, e: Float64Array, z?: Float64Array, m = 0): void => {
  const n = d.length
  for (let l = 0; l < n; l++) {
    for (let sweep = 0; sweep < maxSweeps; sweep++) {
      let k = l
      for (; k < n - 1; k++) {
        const size = Math.abs(d[k] ?? 0) + Math.abs(d[k + 1] ?? 0)
        if (Math.abs(e[k] ?? 0) <= Number.EPSILON * size) break
      }
      if (k === l) break
      const el = e[l] ?? 0
      const dl = d[l] ?? 0
      let g = ((d[l + 1] ?? 0) - dl) / (2 * el)
      let r = Math.hypot(g, 1)
      g = (d[k] ?? 0) - dl + el / (g + (g < 0 ? -r : r))
      let s = 1
      let c = 1
      let p = 0
      let i = k - 1
      for (; i >= l; i--) {
        const f = s * (e[i] ?? 0)
        const b = c * (e[i] ?? 0)
        r = Math.sqrt(f * f + g * g)
        e[i + 1] = r
        if (r === 0) {
          d[i + 1] = (d[i + 1] ?? 0) - p
          e[k] = 0
          break
        }
        s = f / r
        c = g / r
        g = (d[i + 1] ?? 0) - p
        r = ((d[i] ?? 0) - g) * s + 2 * c * b
        p = s * r
        d[i + 1] = g + p
        g = c * r - b
        if (z !== undefined) {
          const lower = (i + 1) * m
          const upper = i * m
          for (let q = 0; q < m; q++) {
            const y = z[lower + q] ?? 0
            const x = z[upper + q] ?? 0
            z[lower + q] = s * x + c * y
            z[upper + q] = c * x - s * y
          }
        }
      }
      if (r === 0 && i >= l) continue
      d[l] = (d[l] ?? 0) - p
      e[l] = g
      e[k] = 0
    }
  }
}

const padded = (t: Tridiagonal): Float64Array => {
  const e = new Float64Array(t.diagonal.length)
  e.set(t.offDiagonal)
  return e
}

// eigenvalues ------------------------------------------------------------------------------------

/** All eigenvalues of a tridiagonal matrix, descending; O(n^2). */
export const tridiagonalEigenvalues = (t: Tridiagonal): Float64Array => {
  const d = t.diagonal.slice()
  implicitQL(d, padded(t))
  return d.sort().reverse()
}

// eigenvectors -----------------------------------------------------------------------------------

/** Eigenvectors of a tridiagonal matrix; O(n^3). */
export const tridiagonalEigen = (t: Tridiagonal): SymmetricEigen => {
  const n = t.diagonal.length
  const d = t.diagonal.slice()
  const z = identity(n).data
  implicitQL(d, padded(t), z, n)
  const order = [...d.keys()].sort((a, b) => (d[b] ?? 0) - (d[a] ?? 0))
  const sorted = zeros(n, n)
  order.forEach((from, to) => sorted.data.set(z.subarray(from * n, from * n + n), to * n))
  return { values: Float64Array.from(order, (i) => d[i] ?? 0), vectors: transpose(sorted) }
}

/**
 * Eigen-decomposition of a symmetric matrix (its lower triangle is read); A is not modified.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fromRows, symmetricEigen } from '@safe/tensor-core/linalg'
 *
 * const { values } = symmetricEigen(fromRows([[2, 1], [1, 2]]))
 * assert.deepEqual([...values].map((x) => Number(x.toFixed(12))), [3, 1])
 * ```
 */
export const symmetricEigen = (a: Dense): SymmetricEigen => {
  const reduction = inOneGo(reductionSteps(dense(a.rows, a.cols, a.data.slice())))
  const { values, vectors } = tridiagonalEigen(reduction.T)
  return { values, vectors: timesQ(reduction, vectors) }
}

/** f(A) for symmetric A. */
export const symmetricFunction = (a: Dense, f: (eigenvalue: number) => number): Dense => {
  const { values, vectors } = symmetricEigen(a)
  const n = a.rows
  const image = values.map(f)
  return generate(n, n, (i, j) => {
    let s = 0
    for (let k = 0; k < n; k++)
      s += (vectors.data[i * n + k] ?? 0) * (image[k] ?? 0) * (vectors.data[j * n + k] ?? 0)
    return s
  })
}
