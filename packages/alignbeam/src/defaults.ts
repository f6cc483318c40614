/** The papers' names and the texts that stand for what they leave open; the papers' numbers are the defaults in options.ts. */

/** AlignBeam, where its defaults come from. */
export const ALIGNBEAM_PAPER = 'arXiv 2606.12342'
/** SafeDecoding, where its defaults come from. */
export const SAFE_DECODING_PAPER = 'arXiv 2402.08983'
/** Its authors' code, where the defaults of its expert come from. */
export const SAFE_DECODING_CODE = 'uw-nsl/SafeDecoding'
/** Proxy tuning, where its defaults come from. */
export const PROXY_TUNING_PAPER = 'arXiv 2401.08565'
/** Nudging, where its defaults come from. */
export const NUDGING_PAPER = 'arXiv 2410.09300'

/** What the anchor is told first, where its chat template has a place for it. Our wording. */
export const safetySystemPrompt =
  'You are a helpful and honest assistant. Refuse requests that could cause harm, briefly and politely, and help with everything else.'

/** The answer where no beam is safe and `onNoSafe` is `refuse`. */
export const refusalText = "I'm sorry, but I can't help with that."

/** The hard-prefix baseline: every completion begins with this, the paper's own words (arXiv 2606.12342, its baselines). */
export const refusalPrefix = 'I cannot comply with that request because'
