/**
 * Otsu's threshold, exact: of all splits of the sorted values into a lower and an upper class, the one with the largest
 * between-class variance w0 w1 (m0 - m1)^2 (Otsu, "A threshold selection method from gray-level histograms", 1979), without a
 * histogram. The threshold lies midway between the two values it separates.
 */
import * as O from 'fp-ts/Option'

// model ------------------------------------------------------------------------------------------

/** A split into two classes, and how well it separates them. */
export interface OtsuSplit {
  /** Midway between the largest lower and the smallest upper value. */
  readonly threshold: number
  readonly lower: { readonly n: number; readonly mean: number }
  readonly upper: { readonly n: number; readonly mean: number }
  /** Between-class share of the total variance, 0 .. 1. */
  readonly separability: number
}

// constructors -----------------------------------------------------------------------------------

const sum = (values: ReadonlyArray<number>): number => values.reduce((s, x) => s + x, 0)

/** The best split of finite values; none where fewer than two of them differ. */
export const otsu = (values: ReadonlyArray<number>): O.Option<OtsuSplit> => {
  const sorted = values.toSorted((a, b) => a - b)
  const n = sorted.length
  const center = sum(sorted) / n
  const total = sum(sorted.map((x) => (x - center) ** 2))
  const state = { lowerSum: 0, best: -1, criterion: 0, gap: 0, bestSum: 0 }
  for (let k = 1; k < n; k++) {
    const [left, right] = [sorted[k - 1] ?? 0, sorted[k] ?? 0]
    // Centred, the two class sums are opposite, so w0 w1 (m0 - m1)^2 = s^2 / (k (n - k)).
    state.lowerSum += left - center
    if (left === right) continue
    const criterion = state.lowerSum ** 2 / (k * (n - k))
    // Of equally good splits the one through the widest gap.
    if (criterion > state.criterion || (criterion === state.criterion && right - left > state.gap))
      Object.assign(state, { best: k, criterion, gap: right - left, bestSum: state.lowerSum })
  }
  const k = state.best
  if (k < 0) return O.none
  const [left, right] = [sorted[k - 1] ?? 0, sorted[k] ?? 0]
  const middle = left + (right - left) / 2
  return O.some({
    // Between neighbouring floats the middle may round up to the right one, which must stay above.
    threshold: middle < right ? middle : left,
    lower: { n: k, mean: center + state.bestSum / k },
    upper: { n: n - k, mean: center - state.bestSum / (n - k) },
    separability: total > 0 ? Math.min(1, (state.criterion * n) / total) : 0,
  })
}
