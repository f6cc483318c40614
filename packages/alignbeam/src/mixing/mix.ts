/**
 * One mixed step: the anchor's next-token distribution carried into the draft's vocabulary.
 *
 *   f[d] = alpha * sum_{a in top B, map(a) = d} p_s(a) + (1 - alpha) * P_d(d),   then f / sum f     (arXiv 2606.12342)
 *
 * in probability space, over the draft tokens d that the anchor's top B reach. As printed, the draft's term is added once per
 * anchor token that reaches d (`literal`); adding it `once` is the true mixture. The two agree where the map is one to one.
 * `support: 'union'` adds the draft's own top B to the tokens that count: without it the draft can only say what the anchor
 * had in mind.
 */
import type { NextToken } from '@safe/tensor-core/contracts'
import type { Bridge } from './bridge'
import { type Probabilities, isPartial, probabilitiesOf } from './nextToken'
import { topTokens } from './topTokens'

// model ------------------------------------------------------------------------------------------

export const draftMasses = ['once', 'literal'] as const
/**
 * Whether the draft's probability of a token counts once, or once for each anchor token that maps to it (the formula
 * read literally).
 */
export type DraftMass = (typeof draftMasses)[number]
export const supports = ['anchor', 'union'] as const
/**
 * Whose tokens may be chosen: those the anchor's most probable ones map to, or the draft's most probable ones as well.
 */
export type Support = (typeof supports)[number]

/** What decides the mixture of two next-token distributions. */
export interface MixOptions {
  /** The anchor's weight. 0 is not "off": the support is still the anchor's. */
  readonly alpha: number
  /** Most probable tokens taken from a model, B. */
  readonly top: number
  readonly support: Support
  readonly draftMass: DraftMass
}

/** What was known of the two distributions, where a server tells the most probable tokens alone. */
export interface Known {
  /** Tokens of the anchor that could be taken: B, or what its server gives. */
  readonly effectiveTop: number
  /** Probability of the tokens that are not told. */
  readonly anchorUnlisted: number
  readonly draftUnlisted: number
}

/** A distribution over some of the draft's tokens. */
export interface Mixed {
  /** Ids in the support. */
  readonly tokens: ReadonlyArray<number>
  /** Their probabilities, summing to 1. */
  readonly probabilities: Float64Array
  /** The anchor's probability that found a draft token; 0 in a fall-back. */
  readonly mappedMass: number
  /** Size of the support; 0 in a fall-back. */
  readonly support: number
  /** True where the step is the draft's own, because nothing was carried over. */
  readonly fallback: boolean
  /** Whether the most probable token is also the draft's. */
  readonly agrees: boolean
  /** Absent where all probabilities of both models are known. */
  readonly known?: Known
}

// constructors -----------------------------------------------------------------------------------

/** The draft's distribution unchanged. */
const ofDraft = (draft: Probabilities): Mixed => {
  const tokens = draft.ids()
  return {
    tokens,
    probabilities: normalised(tokens.map(draft.of)),
    mappedMass: 0,
    support: 0,
    fallback: true,
    agrees: true,
  }
}

/** The draft's distribution unchanged. */
export const draftAlone = (draft: NextToken): Mixed => ofDraft(probabilitiesOf(draft))

const normalised = (masses: ReadonlyArray<number>): Float64Array => {
  const total = masses.reduce((sum, x) => sum + x, 0)
  return Float64Array.from(masses, (x) => x / total)
}

const ofMasses = (masses: ReadonlyMap<number, number>, mappedMass: number, draft: Probabilities): Mixed => {
  const tokens = [...masses.keys()].sort((a, b) => a - b)
  const values = tokens.map((id) => masses.get(id) ?? 0)
  if (!values.some((x) => x > 0)) return ofDraft(draft)
  const probabilities = normalised(values)
  const mixed = { tokens, probabilities, mappedMass, support: tokens.length, fallback: false, agrees: false }
  return { ...mixed, agrees: bestToken(mixed) === draft.top(1)[0] }
}

/** A distribution from masses by id; the draft alone where there is no mass at all. */
export const mixedOf = (masses: ReadonlyMap<number, number>, mappedMass: number, draft: NextToken): Mixed =>
  ofMasses(masses, mappedMass, probabilitiesOf(draft))

/** The draft's id for one of the anchor's; -1 where there is none. `draft` are the step's probabilities. */
export type Carried = (anchorId: number, draft: Probabilities) => number

const mixedProbabilities = (
  anchor: Probabilities,
  draft: Probabilities,
  carried: Carried,
  { alpha, top, support, draftMass }: MixOptions,
): Mixed => {
  const masses = new Map<number, number>()
  const mapped = { mass: 0 }
  for (const id of anchor.top(top)) {
    const to = carried(id, draft)
    if (to < 0) continue
    const p = anchor.of(id)
    const before = masses.get(to)
    const draftTerm = before === undefined || draftMass === 'literal' ? (1 - alpha) * draft.of(to) : 0
    masses.set(to, (before ?? 0) + alpha * p + draftTerm)
    mapped.mass += p
  }
  if (masses.size === 0) return ofDraft(draft)
  if (support === 'union')
    for (const id of draft.top(top)) if (!masses.has(id)) masses.set(id, (1 - alpha) * draft.of(id))
  return ofMasses(masses, mapped.mass, draft)
}

/** Mixes two distributions of which some tokens may not be told; the probability of these counts as 0. */
export const mixBy =
  (carried: Carried, options: MixOptions) =>
  (anchor: NextToken, draft: NextToken): Mixed => {
    const [theirs, ours] = [probabilitiesOf(anchor), probabilitiesOf(draft)]
    const mixed = mixedProbabilities(theirs, ours, carried, options)
    return isPartial(anchor) || isPartial(draft)
      ? {
          ...mixed,
          known: {
            effectiveTop: theirs.top(options.top).length,
            anchorUnlisted: theirs.unlisted,
            draftUnlisted: ours.unlisted,
          },
        }
      : mixed
  }

/** Mixes the natural log-probabilities of one step, [anchor's vocabulary] and [draft's vocabulary]. */
export const mix =
  ({ map }: Pick<Bridge, 'map'>, options: MixOptions) =>
  (anchor: Float32Array, draft: Float32Array): Mixed =>
    mixBy((id) => map[id] ?? -1, options)(anchor, draft)

// destructors ------------------------------------------------------------------------------------

/** The `count` most probable tokens that have mass, best first; of equals, the lowest id. */
export const mostProbable = (
  { tokens, probabilities }: Pick<Mixed, 'tokens' | 'probabilities'>,
  count: number,
): ReadonlyArray<number> => topTokens(probabilities, count, 0).flatMap((i) => tokens[i] ?? [])

/** The most probable token. */
export const bestToken = (mixed: Pick<Mixed, 'tokens' | 'probabilities'>): number =>
  mostProbable(mixed, 1)[0] ?? 0

/** Natural log-probabilities over a whole vocabulary of `size`; minus infinity outside the support. */
export const denseLogProbs = ({ tokens, probabilities }: Mixed, size: number): Float32Array => {
  const dense = new Float32Array(size).fill(Number.NEGATIVE_INFINITY)
  for (let i = 0; i < tokens.length; i++) dense[tokens[i] ?? -1] = Math.log(probabilities[i] ?? 0)
  return dense
}

/** Logarithms of probabilities further apart than this differ as 32-bit numbers too. */
const nearlyEqual = 1 - 1e-5

/**
 * The token with the largest of `denseLogProbs`, the lowest id of equals: what a greedy choice takes, without a logarithm for every token.
 * Probabilities that differ may have equal logarithms as 32-bit numbers.
 */
export const bestLogProb = ({ tokens, probabilities }: Pick<Mixed, 'tokens' | 'probabilities'>): number => {
  let best = 0
  for (let i = 1; i < probabilities.length; i++)
    if ((probabilities[i] ?? 0) > (probabilities[best] ?? 0)) best = i
  const most = probabilities[best] ?? 0
  const largest = Math.fround(Math.log(most))
  for (let i = 0; i < best; i++) {
    const p = probabilities[i] ?? 0
    if (p >= most * nearlyEqual && Math.fround(Math.log(p)) === largest) return tokens[i] ?? 0
  }
  return tokens[best] ?? 0
}
