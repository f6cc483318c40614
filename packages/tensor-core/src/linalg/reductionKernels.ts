/** Inner loops of the tridiagonal reduction in plain JavaScript, four rows at a time; positional parameters for speed (see `tiles`). */
import { panels } from './workspace'

/** Length of a row of the panels of reflectors. */
const depth = panels.updateDepth

/** y = A x over rows and columns `from` .. n - 1 of a symmetric matrix of which the lower triangle is stored. */
export const symmetricTimes = (
  A: Float64Array,
  n: number,
  from: number,
  x: Float64Array,
  y: Float64Array,
): void => {
  y.fill(0, from)
  let i = from
  for (; i + 3 < n; i += 4) {
    const r0 = i * n
    const r1 = r0 + n
    const r2 = r1 + n
    const r3 = r2 + n
    const x0 = x[i] ?? 0
    const x1 = x[i + 1] ?? 0
    const x2 = x[i + 2] ?? 0
    const x3 = x[i + 3] ?? 0
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let j = from; j < i; j++) {
      const a0 = A[r0 + j] ?? 0
      const a1 = A[r1 + j] ?? 0
      const a2 = A[r2 + j] ?? 0
      const a3 = A[r3 + j] ?? 0
      const v = x[j] ?? 0
      s0 += a0 * v
      s1 += a1 * v
      s2 += a2 * v
      s3 += a3 * v
      y[j] = (y[j] ?? 0) + a0 * x0 + a1 * x1 + a2 * x2 + a3 * x3
    }
    const d10 = A[r1 + i] ?? 0
    const d20 = A[r2 + i] ?? 0
    const d21 = A[r2 + i + 1] ?? 0
    const d30 = A[r3 + i] ?? 0
    const d31 = A[r3 + i + 1] ?? 0
    const d32 = A[r3 + i + 2] ?? 0
    y[i] = s0 + (A[r0 + i] ?? 0) * x0 + d10 * x1 + d20 * x2 + d30 * x3
    y[i + 1] = s1 + d10 * x0 + (A[r1 + i + 1] ?? 0) * x1 + d21 * x2 + d31 * x3
    y[i + 2] = s2 + d20 * x0 + d21 * x1 + (A[r2 + i + 2] ?? 0) * x2 + d32 * x3
    y[i + 3] = s3 + d30 * x0 + d31 * x1 + d32 * x2 + (A[r3 + i + 3] ?? 0) * x3
  }
  for (; i < n; i++) {
    const xi = x[i] ?? 0
    let s = 0
    for (let j = from; j < i; j++) {
      const a = A[i * n + j] ?? 0
      s += a * (x[j] ?? 0)
      y[j] = (y[j] ?? 0) + a * xi
    }
    y[i] = s + (A[i * n + i] ?? 0) * xi
  }
}

/** x[r] -= sum over q < length of M[r, q] c[q], for rows `from` .. n - 1. */
export const subtractRowsTimes = (
  M: Float64Array,
  n: number,
  from: number,
  length: number,
  c: Float64Array,
  x: Float64Array,
): void => {
  let r = from
  for (; r + 3 < n; r += 4) {
    const m0 = r * depth
    const m1 = m0 + depth
    const m2 = m1 + depth
    const m3 = m2 + depth
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let q = 0; q < length; q++) {
      const y = c[q] ?? 0
      s0 += (M[m0 + q] ?? 0) * y
      s1 += (M[m1 + q] ?? 0) * y
      s2 += (M[m2 + q] ?? 0) * y
      s3 += (M[m3 + q] ?? 0) * y
    }
    x[r] = (x[r] ?? 0) - s0
    x[r + 1] = (x[r + 1] ?? 0) - s1
    x[r + 2] = (x[r + 2] ?? 0) - s2
    x[r + 3] = (x[r + 3] ?? 0) - s3
  }
  for (; r < n; r++) {
    let s = 0
    for (let q = 0; q < length; q++) s += (M[r * depth + q] ?? 0) * (c[q] ?? 0)
    x[r] = (x[r] ?? 0) - s
  }
}

/** u[q] = sum over rows `from` .. n - 1 of M[r, q] x[r], for q < length. */
export const transposedTimes = (
  M: Float64Array,
  n: number,
  from: number,
  length: number,
  x: Float64Array,
  u: Float64Array,
): void => {
  u.fill(0, 0, length)
  let r = from
  for (; r + 3 < n; r += 4) {
    const m0 = r * depth
    const m1 = m0 + depth
    const m2 = m1 + depth
    const m3 = m2 + depth
    const x0 = x[r] ?? 0
    const x1 = x[r + 1] ?? 0
    const x2 = x[r + 2] ?? 0
    const x3 = x[r + 3] ?? 0
    for (let q = 0; q < length; q++)
      u[q] =
        (u[q] ?? 0) +
        (M[m0 + q] ?? 0) * x0 +
        (M[m1 + q] ?? 0) * x1 +
        (M[m2 + q] ?? 0) * x2 +
        (M[m3 + q] ?? 0) * x3
  }
  for (; r < n; r++)
    for (let q = 0; q < length; q++) u[q] = (u[q] ?? 0) + (M[r * depth + q] ?? 0) * (x[r] ?? 0)
}
