/**
 * The rule `choice`: nothing is generated; the answer is the candidate that has the highest log-probability as the response to the
 * prompt, its end of sequence included. A total prefers short candidates, a mean per token does not.
 */
import type { Score } from '@safe/tensor-core/contracts'

/** A candidate's total or mean log-probability; one without a token is never chosen. */
const valueOf = ({ logProbs }: Pick<Score, 'logProbs'>, perToken: boolean): number => {
  const total = logProbs.reduce((sum, x) => sum + x, 0)
  return logProbs.length === 0 ? -Infinity : perToken ? total / logProbs.length : total
}

/** The place of the best candidate, the first of equals. @param scores of the candidates, in their order */
export const bestCandidate = (scores: ReadonlyArray<Pick<Score, 'logProbs'>>, perToken: boolean): number => {
  const values = scores.map((score) => valueOf(score, perToken))
  return values.reduce((best, value, i) => (value > (values[best] ?? -Infinity) ? i : best), 0)
}
