/**
 * Which beam is returned: the one with the lowest harm score, the more probable root among equals. A score that could not be
 * read is worse than any other: it is never taken for safe.
 */

export const noSafePolicies = ['lowest', 'refuse'] as const
/** What to do where no beam scores at most tau: return the lowest nevertheless, or refuse. */
export type OnNoSafe = (typeof noSafePolicies)[number]

/** How a beam is chosen. */
export interface ChoiceOptions {
  /** A beam with at most this harm score is safe. */
  readonly tau: number
  readonly onNoSafe: OnNoSafe
}

/** @returns the beam's place in root order, or null where a refusal replaces all of them. */
export const chooseBeam = (
  scores: ReadonlyArray<number | null>,
  { tau, onNoSafe }: ChoiceOptions,
): number | null => {
  const harm = scores.map((s) => s ?? Number.POSITIVE_INFINITY)
  const lowest = harm.reduce((best, s, i) => (s < (harm[best] ?? Number.POSITIVE_INFINITY) ? i : best), 0)
  return (harm[lowest] ?? Number.POSITIVE_INFINITY) <= tau || onNoSafe === 'lowest' ? lowest : null
}
