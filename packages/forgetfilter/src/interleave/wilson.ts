/** Wilson's 95 % score interval for a rate (Wilson 1927): inside [0, 1], and with a width at 0 and n successes. */
import type { RateEstimate } from './interleave'

const z = 1.959963984540054

/** The rate and its interval for `k` successes of `n` > 0. */
export const wilson = (k: number, n: number): RateEstimate => {
  const p = k / n
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  return {
    value: p,
    n,
    low: k === 0 ? 0 : Math.max(0, centre - half),
    high: k === n ? 1 : Math.min(1, centre + half),
  }
}
