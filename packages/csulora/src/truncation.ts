/**
 * D* = sum_b gamma_b D_b and its best rank-r approximation, without ever forming D* [d_out, d_in].
 *
 *   D* = [P_L B, Q_L B] (C x I_r) [A P_R; A Q_R],  C = [gamma_LR gamma_Lp; gamma_pR gamma_pp]
 * has rank 2r at most: with thin QRs [P_L B, Q_L B] = Q1 R1 and [A P_R; A Q_R]^T = Q2 R2, the SVD of the core
 * R1 (C x I_r) R2^T, at most 2r x 2r, is that of D*. Truncated to rank r (Eckart and Young) it is split evenly:
 * B* = U S^1/2, A* = S^1/2 V^T.
 */
import {
  type Dense,
  beside,
  columns,
  combine,
  multiply,
  multiplyTransposed,
  scaleColumns,
  smallSVD,
  thinQR,
  transpose,
} from '@safe/tensor-core/linalg'
import type { PerBlock, SplitFactors } from './blocks'

/** An update cut to a rank, and what that cost. */
export interface Truncated {
  /** [d_out, r] */
  readonly B: Dense
  /** [r, d_in] */
  readonly A: Dense
  /** Its Frobenius norm before. */
  readonly norm: number
  /** Share of its square that is dropped. */
  readonly lostEnergy: number
}

/** X with zero columns up to r, where r exceeds a side of the matrix: the adapter keeps its shape. */
const widened = (x: Dense, r: number): Dense =>
  x.cols === r
    ? x
    : beside(x, { rows: x.rows, cols: r - x.cols, data: new Float64Array(x.rows * (r - x.cols)) })

/**
 * Q1 core Q2^T cut to its best approximation of a rank (Eckart and Young), split evenly between the factors.
 *
 * @param left [d_out, k] with orthonormal columns; `right` [d_in, k] as well
 */
export const cutTo = (left: Dense, core: Dense, right: Dense, rank: number): Truncated => {
  const { U, s, V } = smallSVD(core)
  const squares = s.map((x) => x * x)
  const all = squares.reduce((sum, x) => sum + x, 0)
  const dropped = squares.slice(rank).reduce((sum, x) => sum + x, 0)
  const kept = Math.min(rank, s.length)
  const root = s.slice(0, kept).map(Math.sqrt)
  const factor = (q: Dense, vectors: Dense): Dense =>
    widened(multiply(q, scaleColumns(columns(vectors, 0, kept), root)), rank)
  return {
    B: factor(left, U),
    A: transpose(factor(right, V)),
    norm: Math.sqrt(all),
    lostEnergy: all === 0 ? 0 : dropped / all,
  }
}

/** The best rank-r approximation of the reweighted update, r being that of the factors; O((d_out + d_in) r^2). */
export const truncated = (f: SplitFactors, gammas: PerBlock): Truncated => {
  const r = f.BL.cols
  const left = thinQR(beside(f.BL, f.Bp))
  const right = thinQR(beside(transpose(f.AR), transpose(f.Ap)))
  const [l1, l2] = [columns(left.R, 0, r), columns(left.R, r, 2 * r)]
  const [r1, r2] = [columns(right.R, 0, r), columns(right.R, r, 2 * r)]
  const core = combine(
    1,
    multiplyTransposed(l1, combine(gammas.LR, r1, gammas.Lp, r2)),
    1,
    multiplyTransposed(l2, combine(gammas.pR, r1, gammas.pp, r2)),
  )
  return cutTo(left.Q, core, right.Q, r)
}
