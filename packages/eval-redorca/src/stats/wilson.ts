/**
 * Wilson's score interval for a rate (Wilson 1927), without continuity correction. It stays inside [0, 1] and has a width at 0 and n
 * successes, where the normal approximation has none.
 */
import { type Estimate, z95 } from './estimate'

/** The rate and its interval for `k` successes of `n` > 0. */
export const wilson = (k: number, n: number): Estimate => {
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

/** Widens an interval to at least the given ones: a bootstrap interval has no width at rates of 0 and 1, Wilson's has. */
export const atLeast = (
  e: Estimate,
  ...floors: ReadonlyArray<{ readonly low: number; readonly high: number }>
): Estimate => ({
  ...e,
  low: Math.min(e.low, ...floors.map((f) => f.low)),
  high: Math.max(e.high, ...floors.map((f) => f.high)),
  method: `${e.method ?? 'Wilson'}, at least Wilson`,
})

/** The upper 95 % limit of a rate after n trials without a success: 3 / n (Hanley and Lippman-Hand 1983). */
export const ruleOfThree = (n: number): number => Math.min(1, 3 / n)
