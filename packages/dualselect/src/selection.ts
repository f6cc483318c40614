/**
 * Which rows are selected, and with what weight: rank by score, keep the first K or a token budget, weigh equally or by a
 * softmax. Ties go to the lowest index. Scores that are not numbers rank last.
 */

// model ------------------------------------------------------------------------------------------

/** Selected positions, best first, and their weights, which sum to 1. */
export interface Selection {
  readonly indices: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
}

/** Which end of the scores is selected: references the largest, task rows the smallest. */
export type End = 'largest' | 'smallest'

// ranking ----------------------------------------------------------------------------------------

/** Scores turned so that smaller is better at either end. */
const badness = (scores: ReadonlyArray<number>, end: End): ReadonlyArray<number> =>
  scores.map((s) => (Number.isNaN(s) ? Number.POSITIVE_INFINITY : end === 'largest' ? -s : s))

/** All positions, best first; ties keep the lower position first. */
export const ranking = (scores: ReadonlyArray<number>, end: End): ReadonlyArray<number> => {
  const bad = badness(scores, end)
  const of = (i: number): number => bad[i] ?? Number.POSITIVE_INFINITY
  return scores.map((_, i) => i).sort((a, b) => (of(a) === of(b) ? a - b : of(a) < of(b) ? -1 : 1))
}

// keeping ----------------------------------------------------------------------------------------

/** The first K of a ranking, or all of a shorter one. */
export const firstK =
  (k: number) =>
  (order: ReadonlyArray<number>): ReadonlyArray<number> =>
    order.slice(0, k)

/** The shortest beginning of a ranking whose tokens reach `share` of all tokens: the row that crosses the budget is kept. */
export const withinBudget =
  (tokens: ReadonlyArray<number>, share: number) =>
  (order: ReadonlyArray<number>): ReadonlyArray<number> => {
    const budget = share * tokens.reduce((s, n) => s + n, 0)
    const kept: number[] = []
    let spent = 0
    for (const i of order) {
      if (kept.length > 0 && spent >= budget - 1e-9) break
      kept.push(i)
      spent += tokens[i] ?? 0
    }
    return kept
  }

// weighing ---------------------------------------------------------------------------------------

/** These rows with weights that sum to 1. */
export const equalWeights = (indices: ReadonlyArray<number>): Selection => ({
  indices,
  weights: indices.map(() => 1 / indices.length),
})

/** softmax(+-score / tau) over all rows, 0 outside the kept ones and renormalised: a softmax over the kept ones. */
export const softWeights =
  (scores: ReadonlyArray<number>, tau: number, end: End) =>
  (indices: ReadonlyArray<number>): Selection => {
    const bad = badness(scores, end)
    const logits = indices.map((i) => -(bad[i] ?? Number.POSITIVE_INFINITY) / tau)
    const top = Math.max(...logits)
    if (!Number.isFinite(top)) return equalWeights(indices)
    const masses = logits.map((x) => Math.exp(x - top))
    const total = masses.reduce((s, m) => s + m, 0)
    return { indices, weights: masses.map((m) => m / total) }
  }

// destructors ------------------------------------------------------------------------------------

/** Weights of all `n` rows, 0 where not selected. */
export const spread = (n: number, { indices, weights }: Selection): Float32Array => {
  const all = new Float32Array(n)
  indices.forEach((i, rank) => (all[i] = weights[rank] ?? 0))
  return all
}
