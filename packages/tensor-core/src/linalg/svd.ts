/**
 * Singular value decomposition of small matrices by one-sided Jacobi rotations (Demmel and Veselic 1992): simple, and the most accurate
 * method known, small singular values included. About 10 sweeps of 3 m n^2 flops; meant for cores of 2r x 2r.
 */
import { type Dense, dense, transpose, zeros } from './dense'
import { thinQR } from './qr'
import { multiply } from './products'

/** A = U diag(s) V^T. */
export interface SVD {
  /** [m, p], orthonormal columns; p = min(m, n) */
  readonly U: Dense
  /** [p], descending */
  readonly s: Float64Array
  /** [n, p], orthonormal columns */
  readonly V: Dense
}

const maxSweeps = 60

/** Rotates rows of `w` [n, m] (and those of `v` [n, n] with them) until they are mutually orthogonal. */
const orthogonalise = (w: Float64Array, n: number, m: number, v: Float64Array): void => {
  const tolerance = 4 * Number.EPSILON
  for (let sweep = 0; sweep < maxSweeps; sweep++) {
    let rotated = false
    for (let i = 0; i < n - 1; i++)
      for (let j = i + 1; j < n; j++) {
        const p = i * m
        const q = j * m
        let a = 0
        let b = 0
        let c = 0
        for (let l = 0; l < m; l++) {
          const x = w[p + l] ?? 0
          const y = w[q + l] ?? 0
          a += x * x
          b += y * y
          c += x * y
        }
        if (c === 0 || Math.abs(c) <= tolerance * Math.sqrt(a) * Math.sqrt(b)) continue
        rotated = true
        const zeta = (b - a) / (2 * c)
        const t = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.hypot(1, zeta))
        const cos = 1 / Math.hypot(1, t)
        const sin = cos * t
        rotate(w, p, q, m, cos, sin)
        rotate(v, i * n, j * n, n, cos, sin)
      }
    if (!rotated) return
  }
}

const rotate = (x: Float64Array, p: number, q: number, length: number, cos: number, sin: number): void => {
  for (let l = 0; l < length; l++) {
    const a = x[p + l] ?? 0
    const b = x[q + l] ?? 0
    x[p + l] = cos * a - sin * b
    x[q + l] = sin * a + cos * b
  }
}

/**
 * A = U diag(s) V^T; meant for matrices with up to a few hundred rows and columns.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fromRows, smallSVD } from '@safe/tensor-core/linalg'
 *
 * const { s } = smallSVD(fromRows([[3, 0], [0, -2], [0, 0]]))
 * assert.deepEqual([...s].map((x) => Number(x.toFixed(12))), [3, 2])
 * ```
 */
export const smallSVD = (a: Dense): SVD => {
  if (a.rows < a.cols) {
    const { U, s, V } = smallSVD(transpose(a))
    return { U: V, s, V: U }
  }
  const n = a.cols
  // Triangular factor first: the rotations then act on n entries instead of m, and converge sooner.
  const { Q, R } = thinQR(a)
  const w = R.data.slice()
  // Working on the rows of R gives R^T = W V'^T, so left and right are swapped.
  const v = zeros(n, n)
  for (let i = 0; i < n; i++) v.data[i * n + i] = 1
  orthogonalise(w, n, n, v.data)
  const norms = Float64Array.from({ length: n }, (_, i) => {
    let s = 0
    for (let l = 0; l < n; l++) s += (w[i * n + l] ?? 0) ** 2
    return Math.sqrt(s)
  })
  const order = [...norms.keys()].sort((i, j) => (norms[j] ?? 0) - (norms[i] ?? 0))
  const s = Float64Array.from(order, (i) => norms[i] ?? 0)
  const floor = (s[0] ?? 0) * Number.MIN_VALUE
  const left = zeros(n, n)
  const right = zeros(n, n)
  order.forEach((from, to) => {
    const norm = s[to] ?? 0
    for (let l = 0; l < n; l++) {
      left.data[l * n + to] = v.data[from * n + l] ?? 0
      right.data[l * n + to] = norm > floor ? (w[from * n + l] ?? 0) / norm : 0
    }
  })
  return { U: multiply(Q, left), s, V: completed(right, s) }
}

/** V with the columns of zero singular values replaced so that all are orthonormal. */
const completed = (v: Dense, s: Float64Array): Dense => {
  const rank = s.findIndex((x) => x === 0)
  if (rank === -1) return v
  const { Q } = thinQR(v)
  const out = dense(v.rows, v.cols, Q.data)
  for (let i = 0; i < v.rows; i++)
    for (let j = 0; j < rank; j++) out.data[i * v.cols + j] = v.data[i * v.cols + j] ?? 0
  return out
}
