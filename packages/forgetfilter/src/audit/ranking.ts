/**
 * How well scores rank positives above negatives, from counts per distinct score: area under the ROC curve with ties counted
 * half, and average precision sum_n (R_n - R_{n-1}) P_n as scikit-learn's `average_precision_score` defines it.
 */
import * as O from 'fp-ts/Option'

// model ------------------------------------------------------------------------------------------

/** How many positives and negatives have each distinct score, from the largest score to the smallest. */
export interface TieCounts {
  readonly positives: ArrayLike<number>
  readonly negatives: ArrayLike<number>
}

// constructors -----------------------------------------------------------------------------------

/** The rank of each score among the distinct ones, 0 for the largest. */
export const tieRanks = (scores: ReadonlyArray<number>): ReadonlyArray<number> => {
  const ranks = new Map([...new Set(scores)].sort((a, b) => b - a).map((score, rank) => [score, rank]))
  return scores.map((score) => ranks.get(score) ?? 0)
}

/** Positives and negatives per distinct score, from the largest down. */
export const tieCountsOf = (
  rows: ReadonlyArray<{ readonly rate: number; readonly unsafe: boolean }>,
): TieCounts => {
  const ranks = tieRanks(rows.map(({ rate }) => rate))
  const distinct = new Set(ranks).size
  const [positives, negatives] = [new Int32Array(distinct), new Int32Array(distinct)]
  rows.forEach(({ unsafe }, i) => {
    const [side, rank] = [unsafe ? positives : negatives, ranks[i] ?? 0]
    side[rank] = (side[rank] ?? 0) + 1
  })
  return { positives, negatives }
}

// destructors ------------------------------------------------------------------------------------

/** P(a positive scores above a negative) + P(equal) / 2; none without both kinds. */
export const auroc = ({ positives, negatives }: TieCounts): O.Option<number> => {
  let [above, below, pairs] = [0, 0, 0]
  for (let rank = 0; rank < positives.length; rank++) {
    const [p, n] = [positives[rank] ?? 0, negatives[rank] ?? 0]
    pairs += n * (above + p / 2)
    above += p
    below += n
  }
  return above > 0 && below > 0 ? O.some(pairs / (above * below)) : O.none
}

/** Average precision; none without a positive. */
export const averagePrecision = ({ positives, negatives }: TieCounts): O.Option<number> => {
  let [hits, seen, sum] = [0, 0, 0]
  for (let rank = 0; rank < positives.length; rank++) {
    const p = positives[rank] ?? 0
    hits += p
    seen += p + (negatives[rank] ?? 0)
    if (p > 0) sum += p * (hits / seen)
  }
  return hits > 0 ? O.some(sum / hits) : O.none
}

/** Precision and recall of taking out all scores down to a value. */
export interface PrecisionRecall {
  readonly precision: number
  readonly recall: number
}

/** Precision and recall for every distinct score as a threshold, from the largest score down; empty without a positive. */
export const precisionRecall = ({ positives, negatives }: TieCounts): ReadonlyArray<PrecisionRecall> => {
  const all = Array.from(positives).reduce((sum, p) => sum + p, 0)
  if (all === 0) return []
  let [hits, seen] = [0, 0]
  return Array.from(positives).map((p, rank) => {
    hits += p
    seen += p + (negatives[rank] ?? 0)
    return { precision: hits / seen, recall: hits / all }
  })
}
