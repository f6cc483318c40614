/**
 * Proxy tuning's step for three models of one vocabulary (arXiv 2401.08565, equation 1):
 *
 *   p(x) = softmax(z_draft + alpha (z_expert - z_anti)),   p ∝ p_draft (p_expert / p_anti)^alpha
 *
 * Logits of a model and its log-probabilities differ by one constant per step, which the softmax removes: log-probabilities do.
 */
import { type Mixed, bestToken } from '../mixing/mix'
import { topTokens } from '../mixing/topTokens'

/**
 * What the expert knows that the anti-expert does not: log p_expert - log p_anti, [vocab], up to a constant. Where neither gives a
 * token any probability it is 0.
 */
export const logRatio = (expert: Float32Array, anti: Float32Array): Float32Array =>
  expert.map((e, id) => {
    const a = anti[id] ?? e
    return e === a ? 0 : e - a
  })

/** @returns a distribution over the draft's vocabulary; tokens that only the draft has (padding) keep the draft's logit */
export const proxyTuningMix =
  (alpha: number) =>
  (ratio: Float32Array, draft: Float32Array): Mixed => {
    const tokens: number[] = []
    const logits: number[] = []
    let max = Number.NEGATIVE_INFINITY
    draft.forEach((z, id) => {
      const shifted = alpha === 0 ? z : z + alpha * (ratio[id] ?? 0)
      if (!(shifted > Number.NEGATIVE_INFINITY)) return
      tokens.push(id)
      logits.push(shifted)
      if (shifted > max) max = shifted
    })
    const masses = Float64Array.from(logits, (z) => Math.exp(z - max))
    const total = masses.reduce((sum, x) => sum + x, 0)
    const mixed = {
      tokens,
      probabilities: masses.map((x) => x / total),
      mappedMass: 1,
      support: tokens.length,
      fallback: false,
      agrees: false,
    }
    return { ...mixed, agrees: bestToken(mixed) === topTokens(draft, 1)[0] }
  }
