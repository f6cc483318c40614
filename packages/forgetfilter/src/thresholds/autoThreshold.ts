/**
 * A threshold without a choice by the user: where canaries show that rows were forgotten, the cut of fewest wrong decisions or the
 * canaries' quantile; else the boundary of a mixture where the rates are bimodal; else none.
 */
import * as O from 'fp-ts/Option'
import { canaryCut } from './canaryCut'
import { excessOfRows } from './canaryExcess'
import { mixtureThreshold } from './mixtureThreshold'
import { nullThreshold } from './nullThreshold'
import { type Finding, nothingFound } from './thresholdFinding'

/** An excess of forgotten rows counts where it is less likely than this without unsafe rows. */
export const EXCESS_LEVEL = 0.05

const percent = (x: number): string => `${Number((100 * x).toPrecision(2))} %`

/** The cut of fewest wrong decisions, where more rows than canaries were forgotten (p < 0.05). */
const byCanaries = (rates: ReadonlyArray<number>, canaries: ReadonlyArray<number>): O.Option<Finding> => {
  const cut = canaryCut(rates, canaries)
  if (O.isNone(cut)) return O.none
  const probability = excessOfRows(rates, canaries)
  if (probability >= EXCESS_LEVEL) return O.none
  const { phi, unsafeShare, canariesAbove } = cut.value
  const above = rates.filter((rate) => rate > phi).length
  return O.some({
    phi,
    reason: `canaries: the cut of fewest wrong decisions; ${above} of ${rates.length} rows are above it and ${percent(canariesAbove)} of ${canaries.length} canaries, so about ${percent(unsafeShare)} of the rows are unsafe (p ${probability.toPrecision(2)})`,
    diagnostics: {
      canaries: canaries.length,
      above,
      canariesAbove,
      unsafeShare,
      excessProbability: probability,
    },
  })
}

/**
 * 1. With enough canaries for the level alpha, the cut that has the fewest wrong decisions by their estimate, where more rows than
 *    canaries were forgotten (a permutation test, p < 0.05).
 * 2. `null`: the canaries' quantile, where more rows lie above it than benign rows would (p < 0.05). This sees a few rows that
 *    were forgotten more than all canaries.
 * 3. `gmm`: where the rates are bimodal, the boundary; with enough canaries at least their quantile, so that no more than a share
 *    alpha of the benign rows is lost where nothing but the shape of the rates speaks for unsafe rows.
 * 4. None: nothing shows that rows were forgotten.
 */
export const autoThreshold = (
  rates: ReadonlyArray<number>,
  canaries: ReadonlyArray<number>,
  alpha: number,
): Finding => {
  const byNull = nullThreshold(rates, canaries, alpha)
  const { excess, quantile } = byNull
  const cut = excess === undefined ? O.none : byCanaries(rates, canaries)
  if (O.isSome(cut)) return cut.value
  if (excess !== undefined && excess.probability < EXCESS_LEVEL)
    return { phi: byNull.phi, reason: `null: ${byNull.reason}`, diagnostics: byNull.diagnostics }
  const byMixture = mixtureThreshold(rates)
  const diagnostics = { ...byMixture.diagnostics, ...(excess === undefined ? {} : byNull.diagnostics) }
  if (byMixture.phi === null)
    return nothingFound(
      `null: ${
        excess === undefined
          ? byNull.reason
          : `${excess.above} of ${rates.length} rows are above the canaries' quantile, ${excess.expected.toFixed(1)} would be if all were benign (p ${excess.probability.toPrecision(2)})`
      }; gmm: ${byMixture.reason}`,
      diagnostics,
    )
  const raised = quantile !== undefined && quantile.phi > byMixture.phi
  return {
    phi: raised ? quantile.phi : byMixture.phi,
    reason: `gmm: ${byMixture.reason}${raised ? "; raised to the canaries' quantile" : ''}`,
    diagnostics,
  }
}
