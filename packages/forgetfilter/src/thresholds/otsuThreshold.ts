/** Otsu's split as a threshold. It always exists where two rates differ, so it cannot tell whether the rates are bimodal. */
import * as O from 'fp-ts/Option'
import { otsu } from './otsu'
import { type Finding, belowZero, cannotSplit, nothingFound } from './thresholdFinding'

/** The split of the rates with the largest between-class variance; none where no rates differ or the split is below 0. */
export const otsuThreshold = (rates: ReadonlyArray<number>): Finding => {
  const split = otsu(rates)
  if (O.isNone(split)) return nothingFound(cannotSplit(rates) ?? 'no two rates differ')
  const { threshold, lower, upper, separability } = split.value
  const diagnostics = {
    split: threshold,
    lowerCount: lower.n,
    lowerMean: lower.mean,
    upperCount: upper.n,
    upperMean: upper.mean,
    separability,
  }
  return threshold < 0
    ? nothingFound(belowZero(threshold), diagnostics)
    : {
        phi: threshold,
        reason: `the split of the rates with the largest between-class variance (${(separability * 100).toFixed(1)} % of the total)`,
        diagnostics,
      }
}
