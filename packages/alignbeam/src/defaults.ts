/**
 * AlignBeam's published settings (arXiv 2606.12342) and those of SafeDecoding (arXiv 2402.08983), in one place.
 */
import type { Multi } from './bridge'
import type { DraftMass, Support } from './mix'

/** AlignBeam's constants: arXiv 2606.12342. */
export const alignBeamDefaults = {
  /** Weight of the anchor in the mixture. */
  alpha: 0.5,
  /** Beams, K. One beam needs no judge and costs about two ordinary decodings. */
  beams: 3,
  /** Tokens decided by both models, N. */
  bridgeTokens: 6,
  /** How many of the anchor's most probable tokens are carried over, B. */
  top: 50,
  /** A beam whose harm score is at most this counts as safe. */
  tau: 2.5,
  multi: 'drop',
  draftMass: 'once',
  support: 'anchor',
  onNoSafe: 'lowest',
  /** A beam that opens with a refusal gets this many tokens after the bridge. */
  refusalTail: 20,
} as const satisfies {
  readonly multi: Multi
  readonly draftMass: DraftMass
  readonly support: Support
  readonly [key: string]: unknown
}

/** How the draft completes a beam. */
export const completionDefaults = { temperature: 0.7, repetitionPenalty: 1.15, maxNewTokens: 256 } as const

/** SafeDecoding's constants: arXiv 2402.08983. */
export const safeDecodingDefaults = {
  /** P = P_draft + alpha (P_expert - P_draft) */
  alpha: 3,
  /** Tokens decided by both models, m. */
  first: 2,
  /** Smallest sample space, c. */
  common: 5,
} as const

/** What the anchor is told first, where its chat template has a place for it. Our wording. */
export const safetySystemPrompt =
  'You are a helpful and honest assistant. Refuse requests that could cause harm, briefly and politely, and help with everything else.'

/** What is answered where no beam is safe and `onNoSafe` is `refuse`. */
export const refusalText = "I'm sorry, but I can't help with that."

/** The hard-prefix baseline: every completion begins with this. */
export const refusalPrefix = "I'm sorry, but"
