/**
 * The boundary of a two-component mixture as a threshold, where the rates are bimodal: two components must describe them much better
 * than one (BIC), lie apart (Ashman's D) and leave enough rows above the boundary.
 */
import * as O from 'fp-ts/Option'
import { ashmansD, boundaryOf, normalMixture, oneNormalLogLikelihood } from './gaussianMixture'
import { type Finding, belowZero, cannotSplit, nothingFound } from './thresholdFinding'

// constants --------------------------------------------------------------------------------------

/** The difference of BIC that counts as very strong evidence (Kass and Raftery, "Bayes factors", JASA 90, 1995). */
export const LEAST_BIC_DIFFERENCE = 10
/** Two components are separated above this (Ashman, Bird and Zepf 1994). */
export const LEAST_ASHMAN_D = 2
/** Fewer rows above the boundary are outliers, not a component. */
export const FEWEST_UPPER_ROWS = 5
/** Free parameters of two components beyond those of one: a mean, a deviation and a weight. */
const MORE_PARAMETERS = 3

// constructors -----------------------------------------------------------------------------------

/** The value between two components at which a row belongs to both with equal probability; none where the rates are not bimodal. */
export const mixtureThreshold = (rates: ReadonlyArray<number>): Finding => {
  const why = cannotSplit(rates)
  if (why !== undefined) return nothingFound(why)
  const [mixture, one] = [normalMixture(rates), oneNormalLogLikelihood(rates)]
  if (O.isNone(mixture) || O.isNone(one)) return nothingFound('the rates vary too little for two components')
  const { lower, upper, logLikelihood } = mixture.value
  const boundary = O.toNullable(boundaryOf(mixture.value))
  const bicDifference = 2 * (logLikelihood - one.value) - MORE_PARAMETERS * Math.log(rates.length)
  const d = ashmansD(mixture.value)
  const above = boundary === null ? 0 : rates.filter((rate) => rate > boundary).length
  const diagnostics = {
    lowerMean: lower.mean,
    lowerDeviation: lower.deviation,
    upperMean: upper.mean,
    upperDeviation: upper.deviation,
    upperWeight: upper.weight,
    bicDifference,
    ashmanD: d,
    ...(boundary === null ? {} : { boundary, above }),
  }
  const notBimodal = (detail: string): Finding =>
    nothingFound(`the rates are not bimodal: ${detail}`, diagnostics)
  if (bicDifference < LEAST_BIC_DIFFERENCE)
    return notBimodal(
      `two components are no better than one (BIC differs by ${bicDifference.toFixed(1)}, less than ${LEAST_BIC_DIFFERENCE})`,
    )
  if (d < LEAST_ASHMAN_D)
    return notBimodal(`the two components overlap (Ashman's D ${d.toFixed(2)}, less than ${LEAST_ASHMAN_D})`)
  if (boundary === null) return notBimodal('one component covers the other')
  if (above < FEWEST_UPPER_ROWS)
    return notBimodal(`only ${above} rows are above the boundary, fewer than ${FEWEST_UPPER_ROWS}`)
  if (boundary < 0) return nothingFound(belowZero(boundary), diagnostics)
  return {
    phi: boundary,
    reason: `the boundary of two normal components (means ${lower.mean.toFixed(3)} and ${upper.mean.toFixed(3)}, Ashman's D ${d.toFixed(2)})`,
    diagnostics,
  }
}
