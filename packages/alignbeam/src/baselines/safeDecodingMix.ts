/**
 * SafeDecoding's step for two models of one vocabulary (arXiv 2402.08983, section 4.3): over the smallest common sample space
 *
 *   S = top_k(draft) intersected with top_k(expert), k the smallest with |S| >= c
 *   P(x) = P_draft(x) + alpha (P_expert(x) - P_draft(x)),   below 0 taken as 0, renormalised
 */
import { type Mixed, mixedOf } from '../mixing/mix'
import { topTokens } from '../mixing/topTokens'

export interface SafeDecodingMixOptions {
  readonly alpha: number
  /** Smallest sample space, c. */
  readonly common: number
}

/** The ids of the widening intersection, in the order in which they enter it. */
export const commonTokens = (
  expert: Float32Array,
  draft: Float32Array,
  common: number,
): ReadonlyArray<number> => {
  const size = Math.min(expert.length, draft.length)
  const within = (width: number): ReadonlyArray<number> => {
    const ours = topTokens(draft, width)
    const theirs = new Set(topTokens(expert, width))
    return ours.filter((id) => theirs.has(id))
  }
  // The intersection grows with the width: doubling finds a width that is enough, halving the smallest one.
  let enough = Math.min(size, Math.max(1, common))
  while (within(enough).length < common && enough < size) enough = Math.min(size, enough * 2)
  let low = 1
  while (low < enough) {
    const middle = (low + enough) >> 1
    if (within(middle).length >= common) enough = middle
    else low = middle + 1
  }
  return within(enough)
}

/** @returns `mappedMass` is the expert's probability inside the sample space. */
export const safeDecodingMix =
  ({ alpha, common }: SafeDecodingMixOptions) =>
  (expert: Float32Array, draft: Float32Array): Mixed => {
    const at = (logProbs: Float32Array, id: number): number =>
      Math.exp(logProbs[id] ?? Number.NEGATIVE_INFINITY)
    const masses = new Map<number, number>()
    let mapped = 0
    for (const id of commonTokens(expert, draft, common)) {
      masses.set(id, Math.max(0, at(draft, id) + alpha * (at(expert, id) - at(draft, id))))
      mapped += at(expert, id)
    }
    return mixedOf(masses, mapped, draft)
  }
