/**
 * Proxy tuning's step for three models of one vocabulary (arXiv 2401.08565, equation 1):
 *
 *   p(x) = softmax(z_draft + alpha (z_expert - z_anti)),   p ∝ p_draft (p_expert / p_anti)^alpha
 *
 * Logits of a model and its log-probabilities differ by one constant per step, which the softmax removes: log-probabilities do.
 */
import type { Mixed } from '../mixing/mix'

// the difference ---------------------------------------------------------------------------------

/**
 * What the expert knows that the anti-expert does not: log p_expert - log p_anti, [vocab], up to a constant. Where neither gives a
 * token any probability it is 0.
 */
export const logRatio = (expert: Float32Array, anti: Float32Array): Float32Array => {
  const ratio = new Float32Array(expert.length)
  for (let id = 0; id < expert.length; id++) {
    const e = expert[id] ?? 0
    const a = anti[id] ?? e
    ratio[id] = e === a ? 0 : e - a
  }
  return ratio
}

// the step ---------------------------------------------------------------------------------------

/** All ids of a vocabulary; one list for all steps, since each step of a large vocabulary has the same one. */
const allIds: { of: ReadonlyArray<number> } = { of: [] }
const idsBelow = (size: number): ReadonlyArray<number> =>
  allIds.of.length === size ? allIds.of : (allIds.of = Array.from({ length: size }, (_, id) => id))

/** Logits of the tokens that the draft does not exclude. */
interface Shifted {
  readonly tokens: ReadonlyArray<number>
  readonly logits: Float64Array
  readonly max: number
  /** The draft's own most probable token, the lowest id of equals; -1 where there is none. */
  readonly draftBest: number
}

const shiftedBy = (alpha: number, ratio: Float32Array, draft: Float32Array): Shifted => {
  const logits = new Float64Array(draft.length)
  let max = Number.NEGATIVE_INFINITY
  let excluded = 0
  let draftMax = Number.NEGATIVE_INFINITY
  let draftBest = -1
  for (let id = 0; id < draft.length; id++) {
    const z = draft[id] ?? 0
    if (z > draftMax) {
      draftMax = z
      draftBest = id
    }
    const shifted = alpha === 0 ? z : z + alpha * (ratio[id] ?? 0)
    logits[id] = shifted
    if (shifted > max) max = shifted
    else if (!(shifted > Number.NEGATIVE_INFINITY)) excluded += 1
  }
  if (excluded === 0) return { tokens: idsBelow(draft.length), logits, max, draftBest }
  const tokens = idsBelow(draft.length).filter((id) => (logits[id] ?? 0) > Number.NEGATIVE_INFINITY)
  return { tokens, logits: Float64Array.from(tokens, (id) => logits[id] ?? 0), max, draftBest }
}

/** @returns a distribution over the draft's vocabulary; tokens that only the draft has (padding) keep the draft's logit */
export const proxyTuningMix =
  (alpha: number) =>
  (ratio: Float32Array, draft: Float32Array): Mixed => {
    const { tokens, logits: probabilities, max, draftBest } = shiftedBy(alpha, ratio, draft)
    // In place, logits to probabilities: a large vocabulary is passed through three times and nothing is copied.
    let total = 0
    for (let i = 0; i < probabilities.length; i++) {
      const mass = Math.exp((probabilities[i] ?? 0) - max)
      probabilities[i] = mass
      total += mass
    }
    let best = -1
    let most = 0
    for (let i = 0; i < probabilities.length; i++) {
      const p = (probabilities[i] ?? 0) / total
      probabilities[i] = p
      if (p > most) {
        most = p
        best = i
      }
    }
    return {
      tokens,
      probabilities,
      mappedMass: 1,
      support: tokens.length,
      fallback: false,
      agrees: (tokens[best] ?? 0) === draftBest,
    }
  }
