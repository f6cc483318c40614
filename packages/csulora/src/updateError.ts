/**
 * What approximate projectors do to an update, measured on its own factors.
 *
 * For an exact projector <P X, (I - P) X> = 0; for the series of `filterSteps` it is about ||(P - P_exact) X||^2. With X = D on the left and
 * D^T on the right, and C the weights of the blocks, the corrected update D* moves by
 *   dL ((1 - g_pR)^2 E_R + (g_Lp - g_pp)^2 E_R') + dR ((1 - g_Lp)^2 E_L + (g_pR - g_pp)^2 E_L')
 * relative to ||D*||^2, where E_R and E_R' are the shares of D inside and outside the right subspace, dL and dR the errors' shares of ||D||^2.
 */
import { gram, inner, multiply, multiplyTransposed, transpose } from '@safe/tensor-core/linalg'
import type { PerBlock, SplitFactors } from './blocks'

/** The share of ||D||_F^2 by which each projector fails to be one. */
const defects = ({ BL, Bp, AR, Ap }: SplitFactors, whole: number): readonly [number, number] => {
  const [B, A] = [
    { ...BL, data: BL.data.map((x, i) => x + (Bp.data[i] ?? 0)) },
    { ...AR, data: AR.data.map((x, i) => x + (Ap.data[i] ?? 0)) },
  ]
  const left = inner(multiply(transpose(BL), Bp), multiplyTransposed(A, A))
  const right = inner(multiplyTransposed(AR, Ap), gram(B))
  return [Math.abs(left) / whole, Math.abs(right) / whole]
}

/**
 * Estimated ||D*_found - D*|| / ||D*||.
 *
 * @param energies of the blocks, and `gammas` their weights
 * @param misplaced share of the directions on the wrong side of the cut
 */
export const updateError = (
  parts: SplitFactors,
  energies: PerBlock,
  gammas: PerBlock,
  misplaced: number,
): number => {
  const { LR, Lp, pR, pp } = energies
  const whole = LR + Lp + pR + pp
  const [left, right] = defects(parts, whole).map((x) => x + misplaced)
  // Relative to ||D||^2, as the defects are.
  const star =
    (gammas.LR ** 2 * LR + gammas.Lp ** 2 * Lp + gammas.pR ** 2 * pR + gammas.pp ** 2 * pp) / whole
  const moved =
    (left ?? 0) * ((gammas.LR - gammas.pR) ** 2 * (LR + pR) + (gammas.Lp - gammas.pp) ** 2 * (Lp + pp)) +
    (right ?? 0) * ((gammas.LR - gammas.Lp) ** 2 * (LR + Lp) + (gammas.pR - gammas.pp) ** 2 * (pR + pp))
  return star === 0 ? 0 : Math.sqrt(moved / whole / star)
}
