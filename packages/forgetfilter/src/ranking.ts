/**
 * How well scores rank positives above negatives, from counts per distinct score: area under the ROC curve with ties counted
 * half, and average precision sum_n (R_n - R_{n-1}) P_n as scikit-learn's `average_precision_score` defines it.
 */
import * as O from 'fp-ts/Option'

// model ------------------------------------------------------------------------------------------

/** Positives and negatives that share one score. Lists of them stand from the largest score to the smallest. */
export interface TieGroup {
  readonly positives: number
  readonly negatives: number
}

// constructors -----------------------------------------------------------------------------------

/** The rank of each score among the distinct ones, 0 for the largest. */
export const tieRanks = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
  const ranks = new Map([...new Set(scores)].sort((a, b) => b - a).map((score, rank) => [score, rank]))
  return scores.map((score) => ranks.get(score) ?? 0)
}

// destructors ------------------------------------------------------------------------------------

const totals = (groups: ReadonlyArray<TieGroup>): TieGroup =>
  groups.reduce(
    (sum, g) => ({ positives: sum.positives + g.positives, negatives: sum.negatives + g.negatives }),
    { positives: 0, negatives: 0 },
  )

/** P(a positive scores above a negative) + P(equal) / 2; none without both kinds. */
export const auroc = (groups: ReadonlyArray<TieGroup>): O.Option<number> => {
  const { positives, negatives } = totals(groups)
  const won = groups.reduce(
    ({ above, pairs }, g) => ({
      above: above + g.positives,
      pairs: pairs + g.negatives * (above + g.positives / 2),
    }),
    { above: 0, pairs: 0 },
  )
  return positives > 0 && negatives > 0 ? O.some(won.pairs / (positives * negatives)) : O.none
}

/** Average precision; none without a positive. */
export const averagePrecision = (groups: ReadonlyArray<TieGroup>): O.Option<number> => {
  const { positives } = totals(groups)
  const area = groups.reduce(
    ({ hits, seen, ap }, g) => {
      const [nextHits, nextSeen] = [hits + g.positives, seen + g.positives + g.negatives]
      return {
        hits: nextHits,
        seen: nextSeen,
        ap: ap + (g.positives > 0 ? (g.positives / positives) * (nextHits / nextSeen) : 0),
      }
    },
    { hits: 0, seen: 0, ap: 0 },
  )
  return positives > 0 ? O.some(area.ap) : O.none
}
