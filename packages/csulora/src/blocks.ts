/**
 * The four blocks of an update D = B A against a left and a right subspace, and their closed-form weights.
 *
 *   D_LR = P_L D P_R,  D_Lp = P_L D Q_R,  D_pR = Q_L D P_R,  D_pp = Q_L D Q_R        (Q = I - P; p: the complement)
 *   E_b = ||D_b||_F^2,  E_ref = E_LR + beta (E_LR + E_Lp + E_pR + E_pp)
 *   lambda_b = E_b / E_ref,  gamma_b = 1 / (1 + lambda_b),  gamma_LR = 1             (CSULoRA, arXiv 2605.30640, section 3)
 *
 * Energies come from r x r Gram matrices: ||X Y||_F^2 = <X^T X, Y Y^T>.
 */
import { type Dense, gram, inner, multiplyTransposed, subtract } from '@safe/tensor-core/linalg'

// model ------------------------------------------------------------------------------------------

/** One number per block; `p` is the complement of the subspace. */
export interface PerBlock {
  readonly LR: number
  readonly Lp: number
  readonly pR: number
  readonly pp: number
}

/** B and A split along the subspaces: B = inside + outside [d_out, r], A = inside + outside [r, d_in]. */
export interface SplitFactors {
  readonly BL: Dense
  readonly Bp: Dense
  readonly AR: Dense
  readonly Ap: Dense
}

// constructors -----------------------------------------------------------------------------------

/** @param BL P_L B @param AR A P_R */
export const splitFactors = (B: Dense, A: Dense, BL: Dense, AR: Dense): SplitFactors => ({
  BL,
  Bp: subtract(B, BL),
  AR,
  Ap: subtract(A, AR),
})

/** Squared Frobenius norms of the blocks; they sum to ||D||_F^2. */
export const blockEnergies = ({ BL, Bp, AR, Ap }: SplitFactors): PerBlock => {
  const [gl, gp] = [gram(BL), gram(Bp)]
  const [hr, hp] = [multiplyTransposed(AR, AR), multiplyTransposed(Ap, Ap)]
  const positive = (x: number): number => Math.max(0, x)
  return {
    LR: positive(inner(gl, hr)),
    Lp: positive(inner(gl, hp)),
    pR: positive(inner(gp, hr)),
    pp: positive(inner(gp, hp)),
  }
}

/** The closed-form weights; a block without energy keeps weight 1, one with energy against E_ref = 0 gets 0. */
export const blockWeights = (energies: PerBlock, beta: number): PerBlock => {
  const reference = energies.LR + beta * total(energies)
  const weight = (e: number): number => (e === 0 ? 1 : reference / (reference + e))
  return { LR: 1, Lp: weight(energies.Lp), pR: weight(energies.pR), pp: weight(energies.pp) }
}

/** The shares an update would have whose directions know nothing of the subspaces: (k_L / d_out) (k_R / d_in), ... */
export const chanceShares = (rankLeft: number, rankRight: number, dOut: number, dIn: number): PerBlock => {
  const l = rankLeft / dOut
  const r = rankRight / dIn
  return { LR: l * r, Lp: l * (1 - r), pR: (1 - l) * r, pp: (1 - l) * (1 - r) }
}

// destructors ------------------------------------------------------------------------------------

export const total = (b: PerBlock): number => b.LR + b.Lp + b.pR + b.pp

/** Shares that sum to 1; all 0 where there is no energy. */
export const shares = (b: PerBlock): PerBlock => {
  const t = total(b)
  const of = (x: number): number => (t === 0 ? 0 : x / t)
  return { LR: of(b.LR), Lp: of(b.Lp), pR: of(b.pR), pp: of(b.pp) }
}

/** ||sum_b gamma_b D_b||_F^2 */
export const weightedEnergy = (energies: PerBlock, gammas: PerBlock): number =>
  gammas.LR ** 2 * energies.LR +
  gammas.Lp ** 2 * energies.Lp +
  gammas.pR ** 2 * energies.pR +
  gammas.pp ** 2 * energies.pp
