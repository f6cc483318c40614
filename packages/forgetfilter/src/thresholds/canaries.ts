/**
 * Canaries: trusted benign rows mixed into the noisy data. They are trained on, forgotten and rated like all rows, so their rates
 * are a sample of how far benign rows are forgotten: a null distribution, measured instead of assumed.
 *
 * Of m canaries, phi is the k-th smallest rate, k = ceil((m + 1)(1 - alpha)): another benign row exceeds it with probability at
 * most alpha, whatever the distribution of rates (the quantile of split conformal prediction). How many of n benign rows exceed it
 * is then beta-binomial with parameters m - k + 1 and k, so an excess of rows above phi can be tested exactly.
 */
import * as O from 'fp-ts/Option'

// model ------------------------------------------------------------------------------------------

/** A quantile of the canaries' rates. */
export interface NullQuantile {
  readonly phi: number
  /** Rank of phi among the canaries, from 1. */
  readonly rank: number
  readonly canaries: number
}

/** Rows above a quantile of the canaries. */
export interface Excess {
  readonly above: number
  /** How many would be above if all rows were benign. */
  readonly expected: number
  /** Probability of at least as many if all rows were benign; ties make it larger than it is. */
  readonly probability: number
}

// constructors -----------------------------------------------------------------------------------

/** The fewest canaries that a level can be kept with: 19 at 5 %. */
export const fewestCanaries = (alpha: number): number => Math.ceil(1 / alpha - 1 - 1e-9)

/** The quantile of level 1 - alpha; none where there are too few canaries for it. */
export const nullQuantile = (rates: ReadonlyArray<number>, alpha: number): O.Option<NullQuantile> => {
  const canaries = rates.length
  const rank = Math.max(1, Math.ceil((canaries + 1) * (1 - alpha) - 1e-9))
  const phi = rates.toSorted((a, b) => a - b)[rank - 1]
  return phi === undefined ? O.none : O.some({ phi, rank, canaries })
}

/** log 0!, log 1!, ... log n! */
const logFactorials = (n: number): Float64Array => {
  const out = new Float64Array(n + 1)
  for (let i = 2; i <= n; i++) out[i] = (out[i - 1] ?? 0) + Math.log(i)
  return out
}

/**
 * P(X >= above) where X of n rows exceed the `rank`-th smallest of m others of the same distribution:
 *
 *     P(X = j) = C(j + m - rank, j) C(n - j + rank - 1, n - j) / C(n + m, n)
 */
export const excessProbability = (
  n: number,
  above: number,
  { rank, canaries }: Pick<NullQuantile, 'rank' | 'canaries'>,
): number => {
  const factorials = logFactorials(n + canaries)
  const log = (a: number, b: number): number =>
    (factorials[a] ?? 0) - (factorials[b] ?? 0) - (factorials[a - b] ?? 0)
  let sum = 0
  for (let j = Math.max(0, above); j <= n; j++)
    sum += Math.exp(log(j + canaries - rank, j) + log(n - j + rank - 1, n - j) - log(n + canaries, n))
  return Math.min(1, sum)
}

/** How many rates lie above a quantile of the canaries, and how likely that is without unsafe rows. */
export const excessOver = (rates: ReadonlyArray<number>, quantile: NullQuantile): Excess => {
  const above = rates.filter((rate) => rate > quantile.phi).length
  return {
    above,
    expected: (rates.length * (quantile.canaries - quantile.rank + 1)) / (quantile.canaries + 1),
    probability: excessProbability(rates.length, above, quantile),
  }
}
