/**
 * What approximate projectors do to an update. With eL and eR the expected errors of the projectors, ||(P - P_exact) X||^2 / ||X||^2, and the
 * weights g of the blocks, the corrected update moves by
 *   eL ((1 - g_pR)^2 E_R + (g_Lp - g_pp)^2 E_R') + eR ((1 - g_Lp)^2 E_L + (g_pR - g_pp)^2 E_L')
 * relative to ||D||^2, where E_R = E_LR + E_pR and E_R' = E_Lp + E_pp are the shares of D inside and outside the right subspace.
 */
import type { Subspaces } from '@safe/tensor-core/linalg'
import { type PerBlock, weightedEnergy } from './blocks'

/**
 * Expected ||D*_found - D*|| / ||D*|| for an update that does not prefer the directions at the cut; 0 where the projectors are exact.
 *
 * @param energies shares of the blocks, which sum to 1
 */
export const updateError = (
  energies: PerBlock,
  gammas: PerBlock,
  { errorLeft = 0, errorRight = 0 }: Pick<Subspaces, 'errorLeft' | 'errorRight'>,
): number => {
  const { LR, Lp, pR, pp } = energies
  const moved =
    errorLeft * ((gammas.LR - gammas.pR) ** 2 * (LR + pR) + (gammas.Lp - gammas.pp) ** 2 * (Lp + pp)) +
    errorRight * ((gammas.LR - gammas.Lp) ** 2 * (LR + Lp) + (gammas.pR - gammas.pp) ** 2 * (pR + pp))
  const left = weightedEnergy(energies, gammas)
  return left === 0 ? 0 : Math.sqrt(moved / left)
}

/** Beyond this share of ||D||^2 the blocks do not add up to the update: what was found are no projectors. */
const mostDefect = 0.1

/** Whether the blocks, which are orthogonal where the projectors are exact, add up to the update. */
export const addUp = (split: number, whole: number): boolean => Math.abs(whole - split) <= mostDefect * whole
