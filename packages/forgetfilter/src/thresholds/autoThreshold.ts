/**
 * A threshold without a choice by the user: the canaries' quantile where they show that rows were forgotten, else the boundary of
 * a mixture where the rates are bimodal, else none.
 */
import { mixtureThreshold } from './mixtureThreshold'
import { nullThreshold } from './nullThreshold'
import { type Finding, nothingFound } from './thresholdFinding'

/** An excess of rows above the canaries' quantile counts where it is less likely than this without unsafe rows. */
export const EXCESS_LEVEL = 0.05

/**
 * 1. `null`: with enough canaries, their quantile, where more rows lie above it than benign rows would (p < 0.05).
 * 2. `gmm`: where the rates are bimodal, the boundary; with enough canaries at least their quantile, so that no more than a share
 *    alpha of the benign rows is lost in this case either.
 * 3. None: nothing shows that rows were forgotten.
 */
export const autoThreshold = (
  rates: ReadonlyArray<number>,
  canaries: ReadonlyArray<number>,
  alpha: number,
): Finding => {
  const byNull = nullThreshold(rates, canaries, alpha)
  const { excess, quantile } = byNull
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
