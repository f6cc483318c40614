/** The best approximation of an update by one of lower rank (Eckart and Young), from its factors alone. */
import {
  type Dense,
  columns,
  multiply,
  multiplyTransposed,
  scaleColumns,
  smallSVD,
  thinQR,
  transpose,
} from '@safe/tensor-core/linalg'
import type { Factors } from './correction'
import { widened } from './truncation'

/** An update of lower rank, and the share of ||B A||_F^2 that was dropped. */
export interface Lowered {
  readonly factors: Factors
  readonly lostEnergy: number
}

/**
 * B A cut to `rank` and split evenly between its factors; unchanged where it has no more columns. O((d_out + d_in) r^2).
 */
export const lowered = ({ A, B }: Factors, rank: number): Lowered => {
  if (rank >= A.rows) return { factors: { A, B }, lostEnergy: 0 }
  const left = thinQR(B)
  const right = thinQR(transpose(A))
  const { U, s, V } = smallSVD(multiplyTransposed(left.R, right.R))
  const squares = s.map((x) => x * x)
  const all = squares.reduce((sum, x) => sum + x, 0)
  const dropped = squares.slice(rank).reduce((sum, x) => sum + x, 0)
  const kept = Math.min(rank, s.length)
  const root = s.slice(0, kept).map(Math.sqrt)
  const weighed = (q: Dense): Dense => scaleColumns(columns(q, 0, kept), root)
  const factors = {
    B: widened(multiply(left.Q, weighed(U)), rank),
    A: transpose(widened(multiply(right.Q, weighed(V)), rank)),
  }
  return { factors, lostEnergy: all === 0 ? 0 : dropped / all }
}
