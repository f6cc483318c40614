/** A quantile of the canaries' rates as a threshold: at most a share alpha of the benign rows is lost. */
import * as O from 'fp-ts/Option'
import { type Excess, type NullQuantile, excessOver, fewestCanaries, nullQuantile } from './canaries'
import { type Finding, nothingFound } from './thresholdFinding'

/** A finding, and what it rests on where there were enough canaries. */
export interface NullFinding extends Finding {
  readonly quantile?: NullQuantile
  readonly excess?: Excess
}

const percent = (x: number): string => `${Number((100 * x).toFixed(2))} %`

/**
 * The (1 - alpha) quantile of the canaries' rates, at least 0: a row that was not forgotten is never dropped. None where there are
 * too few canaries for the level.
 */
export const nullThreshold = (
  rates: ReadonlyArray<number>,
  canaries: ReadonlyArray<number>,
  alpha: number,
): NullFinding => {
  const found = nullQuantile(canaries, alpha)
  if (O.isNone(found))
    return nothingFound(
      canaries.length === 0
        ? 'there are no canaries'
        : `${canaries.length} rated canaries are too few: ${percent(alpha)} needs at least ${fewestCanaries(alpha)}`,
      { alpha, canaries: canaries.length },
    )
  const quantile = { ...found.value, phi: Math.max(0, found.value.phi) }
  const excess = excessOver(rates, quantile)
  return {
    phi: quantile.phi,
    reason: `the ${percent(1 - alpha)} quantile of ${canaries.length} canaries; ${excess.above} of ${rates.length} rows are above it, ${excess.expected.toFixed(1)} would be if all were benign`,
    diagnostics: {
      alpha,
      canaries: canaries.length,
      above: excess.above,
      expectedAbove: excess.expected,
      excessProbability: excess.probability,
    },
    quantile,
    excess,
  }
}
