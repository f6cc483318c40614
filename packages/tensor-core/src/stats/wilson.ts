/**
 * Wilson's score interval for a rate (Wilson 1927), without continuity correction. It stays inside [0, 1] and has a width at 0 and n
 * successes, where the normal approximation has none.
 */

/** A number from `n` items with its 95 % interval. */
export interface IntervalEstimate {
  readonly value: number
  /** The number of items. */
  readonly n: number
  readonly low: number
  readonly high: number
}

/** Standard normal quantile at 0.975. */
export const z95 = 1.959963984540054

/** The rate and its interval for `k` successes of `n` > 0. */
export const wilson = (k: number, n: number): IntervalEstimate => {
  const p = k / n
  const z2 = z95 * z95
  const centre = (p + z2 / (2 * n)) / (1 + z2 / n)
  const half = (z95 / (1 + z2 / n)) * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n))
  return {
    value: p,
    n,
    low: k === 0 ? 0 : Math.max(0, centre - half),
    high: k === n ? 1 : Math.min(1, centre + half),
  }
}
