/**
 * Holm's step-down adjustment (Holm 1979): the i-th smallest of m p-values is multiplied by m - i + 1, made monotone and limited to
 * 1. Rejecting where the adjusted value is below 0.05 keeps the probability of any false rejection below 0.05.
 */

/** Adjusted p-values, in the order of the input. */
export const holm = (p: ReadonlyArray<number>): ReadonlyArray<number> => {
  const order = p.map((_, i) => i).sort((i, j) => (p[i] ?? 0) - (p[j] ?? 0))
  const adjusted = new Array<number>(p.length).fill(0)
  order.reduce((floor, index, rank) => {
    const value = Math.max(floor, Math.min(1, (p.length - rank) * (p[index] ?? 0)))
    adjusted[index] = value
    return value
  }, 0)
  return adjusted
}
