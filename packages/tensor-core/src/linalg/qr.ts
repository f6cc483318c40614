/**
 * Thin QR by Householder reflections (Golub and Van Loan, section 5.2): A = Q R with Q [m, p] orthonormal, R [p, n] upper
 * trapezoidal, p = min(m, n). Linearly dependent columns are allowed: Q stays orthonormal, R has a zero there.
 */
import { type Dense, dense, transpose } from './dense'

/** A = Q R: Q [m, p] with orthonormal columns, R [p, n] upper trapezoidal, p = min(m, n). */
export interface QR {
  readonly Q: Dense
  readonly R: Dense
}

/** x[from..] -= tau (v . x) v over `length` entries; v and x are contiguous rows. Positional parameters for speed (see `tiles`). */
const reflect = (
  v: Float64Array,
  vFrom: number,
  tau: number,
  x: Float64Array,
  xFrom: number,
  length: number,
): void => {
  let s = 0
  for (let l = 0; l < length; l++) s += (v[vFrom + l] ?? 0) * (x[xFrom + l] ?? 0)
  s *= tau
  for (let l = 0; l < length; l++) x[xFrom + l] = (x[xFrom + l] ?? 0) - s * (v[vFrom + l] ?? 0)
}

/**
 * The thin QR factorisation of any [m, n]; O(m n p).
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { frobenius, fromRows, multiply, subtract, thinQR } from '@safe/tensor-core/linalg'
 *
 * const a = fromRows([[3, 1], [4, 2], [0, 5]])
 * const { Q, R } = thinQR(a)
 * assert.ok(frobenius(subtract(multiply(Q, R), a)) < 1e-12)
 * ```
 */
export const thinQR = (a: Dense): QR => {
  const m = a.rows
  const n = a.cols
  const p = Math.min(m, n)
  // Columns of A as rows: row j of `w` becomes column j of R above the diagonal, and reflector j from the diagonal on.
  const w = transpose(a).data
  const taus = new Float64Array(p)
  const diagonal = new Float64Array(p)
  for (let j = 0; j < p; j++) {
    const from = j * m + j
    const length = m - j
    let norm2 = 0
    let largest = 0
    for (let l = 0; l < length; l++) largest = Math.max(largest, Math.abs(w[from + l] ?? 0))
    if (largest === 0) continue
    for (let l = 0; l < length; l++) norm2 += ((w[from + l] ?? 0) / largest) ** 2
    const head = w[from] ?? 0
    const norm = largest * Math.sqrt(norm2)
    const beta = head > 0 ? -norm : norm
    // v = x - beta e1, tau = 2 / v.v, and v.v = 2 beta (beta - head)
    const lead = head - beta
    for (let l = 1; l < length; l++) w[from + l] = (w[from + l] ?? 0) / lead
    w[from] = 1
    taus[j] = (beta - head) / beta
    diagonal[j] = beta
    for (let c = j + 1; c < n; c++) reflect(w, from, taus[j] ?? 0, w, c * m + j, length)
  }
  const R = new Float64Array(p * n)
  for (let c = 0; c < n; c++) {
    for (let i = 0; i < Math.min(c, p); i++) R[i * n + c] = w[c * m + i] ?? 0
    if (c < p) R[c * n + c] = diagonal[c] ?? 0
  }
  const q = new Float64Array(p * m)
  for (let c = p - 1; c >= 0; c--) {
    q[c * m + c] = 1
    for (let k = c; k < p; k++) reflect(w, c * m + c, taus[c] ?? 0, q, k * m + c, m - c)
  }
  return { Q: transpose(dense(p, m, q)), R: dense(p, n, R) }
}

/** An orthonormal basis [m, min(m, n)] whose span contains that of the columns. */
export const orthonormal = (a: Dense): Dense => thinQR(a).Q
