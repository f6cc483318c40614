/** How narrow an interval may be: no bootstrap knows what it has not seen. */
import type { Estimate } from './estimate'

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
