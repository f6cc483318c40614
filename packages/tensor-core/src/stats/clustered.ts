/**
 * The rate of items that come in clusters (wordings of one request, questions about one fact): Wilson's interval on the effective
 * number of items (Kish 1965, Korn and Graubard 1998).
 *
 *     p    = sum y_j / n                        y_j successes and m_j items in cluster j, J clusters, n items
 *     v    = J / (J - 1) sum (y_j - p m_j)^2 / n^2
 *     deff = max(1, v n / (p (1 - p)))          1 where every cluster has one item
 *     effective n = n / deff
 *
 * At 0 and n successes the spread of the clusters says nothing: the limit is the rule of three on clusters, 3 / J. No interval ends
 * nearer to 0 or 1 than that, so one success more never makes an interval narrower at that end.
 */
import { type Clustered, type ClusterSum, unitsOf } from './clusters'
import { type IntervalEstimate, wilson } from './wilson'

// model ------------------------------------------------------------------------------------------

/** A rate of items in clusters. */
export interface ClusteredEstimate extends IntervalEstimate {
  /** The clusters that the items are in: the interval counts these. */
  readonly clusters: number
  /** The number of independent items that would give this interval; absent where it is `n`. */
  readonly effective?: number
  /** The method of the interval; absent for Wilson's. */
  readonly method?: string
}

// parts ------------------------------------------------------------------------------------------

/** How much larger the variance of the rate is than that of independent items; at least 1. */
const designEffect = (units: ReadonlyArray<ClusterSum>, n: number, p: number): number => {
  const [J, spread] = [units.length, p * (1 - p)]
  if (J === n || spread === 0) return 1
  if (J === 1) return n
  const variance =
    ((J / (J - 1)) * units.reduce((s, { sum, size }) => s + (sum - p * size) ** 2, 0)) / (n * n)
  return Math.min(n, Math.max(1, (variance * n) / spread))
}

// constructors -----------------------------------------------------------------------------------

/** The upper 95 % limit of a rate after n trials without a success: 3 / n (Hanley and Lippman-Hand 1983). */
export const ruleOfThree = (n: number): number => Math.min(1, 3 / n)

/**
 * The share of ones among values of 0 and 1, at least one value.
 *
 * @returns with `clusters`, and `effective` where it is less than `n`
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { clusteredRate } from '@safe/tensor-core/stats'
 *
 * const twice = (value: number, cluster: string) => [{ value, cluster }, { value, cluster }]
 * const rate = clusteredRate([...twice(1, 'a'), ...twice(0, 'b'), ...twice(1, 'c'), ...twice(0, 'd')])
 *
 * assert.deepStrictEqual([rate.value, rate.n, rate.clusters, rate.effective], [0.5, 8, 4, 3])
 * ```
 */
export const clusteredRate = (values: ReadonlyArray<Clustered>): ClusteredEstimate => {
  const n = values.length
  const units = unitsOf(values)
  const p = units.reduce((s, { sum }) => s + sum, 0) / n
  const effective = n / designEffect(units, n, p)
  const limit = ruleOfThree(units.length)
  const { low, high } = p === 0 || p === 1 ? { low: p, high: p } : wilson(p * effective, effective)
  return {
    value: p,
    n,
    low: Math.min(low, 1 - limit),
    high: Math.max(high, limit),
    clusters: units.length,
    ...(effective < n ? { effective, method: 'Wilson on the effective n' } : {}),
  }
}
