/**
 * Symmetric tridiagonal reduction G = Q T Q^T by blocked Householder reflections (LAPACK's dsytrd and dlatrd): half of the
 * 4/3 n^3 flops are matrix products. Q is kept as its reflectors and applied, never formed: projecting r columns costs n^2 r.
 */
import { type Dense, dense, transpose } from './dense'
import type { Pausable } from './cooperative'
import { subtractRowsTimes, symmetricTimes, transposedTimes } from './reductionKernels'
import { accumulate } from './tiles'
import { type Workspace, panels } from './workspace'

// model ------------------------------------------------------------------------------------------

/** A symmetric tridiagonal matrix. */
export interface Tridiagonal {
  /** [n] */
  readonly diagonal: Float64Array
  /** [n - 1] */
  readonly offDiagonal: Float64Array
}

/** G = Q T Q^T with T tridiagonal and Q a product of Householder reflections. */
export interface Reduction {
  readonly T: Tridiagonal
  /** [n, n]: row i holds reflector i in columns i + 1 .. n - 1; the rest is undefined. */
  readonly reflectors: Dense
  /** [n]: Q = H_0 H_1 ..., H_i = I - tau_i v_i v_i^T */
  readonly taus: Float64Array
}

/** Columns reduced before the rest of the matrix is updated. */
const depth = panels.updateDepth
const width = depth / 2

// kernels ----------------------------------------------------------------------------------------

/** A symmetric update of a matrix [n, n], from row and column `start` on. */
interface Update {
  readonly A: Float64Array
  readonly n: number
  readonly start: number
  readonly X: Float64Array
  readonly Y: Float64Array
  readonly workspace: Workspace | undefined
}

/** A -= X Y^T on the lower triangle; entries above the diagonal are undefined until later. */
const update = ({ A, n, start, X, Y, workspace }: Update): void => {
  const grouped = workspace === undefined ? 0 : 4 * Math.floor((n - start) / 4)
  if (workspace !== undefined && grouped > 0) {
    workspace.packLeft({ data: X, offset: start * depth, stride: depth }, grouped, depth, -1)
    workspace.packRight({ data: Y, offset: start * depth, stride: depth }, grouped, depth)
    for (let i = 0; i < grouped; i += panels.left) {
      const rows = Math.min(panels.left, grouped - i)
      for (let j = 0; j < i + rows; j += panels.right) {
        const skip = Math.max(0, j - i)
        workspace.product({
          i: start + i + skip,
          j: start + j,
          rows: rows - skip,
          cols: Math.min(panels.right, i + rows - j),
          depth,
          leftRow: i + skip,
          rightRow: j,
          lower: j >= i,
        })
      }
    }
  }
  const band = 64
  for (let i = start + grouped; i < n; i += band) {
    const height = Math.min(band, n - i)
    for (let j = start; j < i + height; j += band)
      accumulate({
        c: { data: A, offset: i * n + j, stride: n },
        a: { data: X, offset: i * depth, stride: depth },
        b: { data: Y, offset: j * depth, stride: depth },
        m: height,
        n: Math.min(band, i + height - j),
        k: depth,
        sign: -1,
      })
  }
}

// reduction --------------------------------------------------------------------------------------

/**
 * Reduces the matrix whose lower triangle is given, in place (its memory becomes the reflectors); yields after each panel.
 * If the matrix is in a workspace, its kernels do the work.
 */
export function* reductionSteps(g: Dense, workspace?: Workspace): Pausable<Reduction> {
  const n = g.rows
  const A = g.data
  const diagonal = new Float64Array(n)
  const offDiagonal = new Float64Array(Math.max(0, n - 1))
  const taus = new Float64Array(n)
  // Row i of X is [V_i0, W_i0, V_i1, W_i1, ...] and of Y is [W_i0, V_i0, ...]: the update A -= V W^T + W V^T is X Y^T.
  const X = new Float64Array(n * depth)
  const Y = new Float64Array(n * depth)
  const v = new Float64Array(n)
  const w = new Float64Array(n)
  const inside = new Float64Array(depth)
  const crossed = new Float64Array(depth)
  for (let start = 0; start < n; start += width) {
    const end = Math.min(n, start + width)
    X.fill(0)
    Y.fill(0)
    for (let i = start; i < end; i++) {
      const done = 2 * (i - start)
      // Column i, updated with the reflectors of this panel.
      for (let r = i; r < n; r++) v[r] = A[r * n + i] ?? 0
      subtractRowsTimes(X, n, i, done, Y.subarray(i * depth, i * depth + done), v)
      diagonal[i] = v[i] ?? 0
      if (i === n - 1) break
      // The reflector that clears the column below its first entry.
      let largest = 0
      for (let r = i + 1; r < n; r++) largest = Math.max(largest, Math.abs(v[r] ?? 0))
      const head = v[i + 1] ?? 0
      let tail2 = 0
      if (largest > 0) for (let r = i + 2; r < n; r++) tail2 += ((v[r] ?? 0) / largest) ** 2
      if (tail2 === 0) {
        offDiagonal[i] = head
        v.fill(0, i + 1)
      } else {
        const norm = largest * Math.sqrt(tail2 + (head / largest) ** 2)
        const beta = head > 0 ? -norm : norm
        const lead = head - beta
        for (let r = i + 2; r < n; r++) v[r] = (v[r] ?? 0) / lead
        v[i + 1] = 1
        taus[i] = (beta - head) / beta
        offDiagonal[i] = beta
      }
      const tau = taus[i] ?? 0
      A.set(v.subarray(i + 1), i * n + i + 1)
      if (tau === 0) continue
      // w = tau (A - V W^T - W V^T) v, then corrected for a symmetric rank-2 update.
      if (workspace === undefined) symmetricTimes(A, n, i + 1, v, w)
      else workspace.symmetricTimes(i + 1, v, w)
      if (done > 0) {
        // X^T v holds V^T v and W^T v in turn; V is multiplied with W^T v and W with V^T v.
        transposedTimes(X, n, i + 1, done, v, inside)
        for (let q = 0; q < done; q++) crossed[q] = inside[q ^ 1] ?? 0
        subtractRowsTimes(X, n, i + 1, done, crossed, w)
      }
      let wv = 0
      for (let r = i + 1; r < n; r++) wv += (w[r] ?? 0) * (v[r] ?? 0)
      const half = 0.5 * tau * tau * wv
      for (let r = i + 1; r < n; r++) {
        const x = v[r] ?? 0
        const y = tau * (w[r] ?? 0) - half * x
        X[r * depth + done] = x
        X[r * depth + done + 1] = y
        Y[r * depth + done] = y
        Y[r * depth + done + 1] = x
      }
    }
    update({ A, n, start: end, X, Y, workspace })
    yield
  }
  return { T: { diagonal, offDiagonal }, reflectors: dense(n, n, A), taus }
}

// application of Q -------------------------------------------------------------------------------

/** x_c -= tau v (v . x_c) for four columns at a time, given as rows of `x` [p, n]. */
const applyReflector = (q: Reduction, i: number, x: Float64Array, p: number): void => {
  const n = q.reflectors.rows
  const tau = q.taus[i] ?? 0
  if (tau === 0) return
  const data = q.reflectors.data
  const v = i * n
  let c = 0
  for (; c + 3 < p; c += 4) {
    const c0 = c * n
    const c1 = c0 + n
    const c2 = c1 + n
    const c3 = c2 + n
    let s0 = 0
    let s1 = 0
    let s2 = 0
    let s3 = 0
    for (let r = i + 1; r < n; r++) {
      const y = data[v + r] ?? 0
      s0 += y * (x[c0 + r] ?? 0)
      s1 += y * (x[c1 + r] ?? 0)
      s2 += y * (x[c2 + r] ?? 0)
      s3 += y * (x[c3 + r] ?? 0)
    }
    s0 *= tau
    s1 *= tau
    s2 *= tau
    s3 *= tau
    for (let r = i + 1; r < n; r++) {
      const y = data[v + r] ?? 0
      x[c0 + r] = (x[c0 + r] ?? 0) - s0 * y
      x[c1 + r] = (x[c1 + r] ?? 0) - s1 * y
      x[c2 + r] = (x[c2 + r] ?? 0) - s2 * y
      x[c3 + r] = (x[c3 + r] ?? 0) - s3 * y
    }
  }
  for (; c < p; c++) {
    let s = 0
    for (let r = i + 1; r < n; r++) s += (data[v + r] ?? 0) * (x[c * n + r] ?? 0)
    s *= tau
    for (let r = i + 1; r < n; r++) x[c * n + r] = (x[c * n + r] ?? 0) - s * (data[v + r] ?? 0)
  }
}

/** Q X */
export const timesQ = (q: Reduction, x: Dense): Dense => {
  const columns = transpose(x)
  for (let i = x.rows - 2; i >= 0; i--) applyReflector(q, i, columns.data, x.cols)
  return transpose(columns)
}
/** Q^T X */
export const timesQTransposed = (q: Reduction, x: Dense): Dense => {
  const columns = transpose(x)
  for (let i = 0; i < x.rows - 1; i++) applyReflector(q, i, columns.data, x.cols)
  return transpose(columns)
}
