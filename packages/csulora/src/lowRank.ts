/** The best approximation of an update by one of lower rank (Eckart and Young), from its factors alone. */
import { multiplyTransposed, thinQR, transpose } from '@safe/tensor-core/linalg'
import type { Factors } from './correction'
import { cutTo } from './truncation'

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
  const [left, right] = [thinQR(B), thinQR(transpose(A))]
  const { lostEnergy, ...cut } = cutTo(left.Q, multiplyTransposed(left.R, right.R), right.Q, rank)
  return { factors: { A: cut.A, B: cut.B }, lostEnergy }
}
