/**
 * How a cell differs from "no defence", paired over the same prompts: the bootstrap over clusters (and seeds), and within one seed
 * McNemar's exact test with Holm's adjustment. Over several seeds the same prompts are answered again, which McNemar's test would
 * count as new pairs: there the bootstrap alone speaks.
 *
 * Where no cluster differs from the others the bootstrap has no width; no interval of a rate's difference ends nearer to its value
 * than 3 / clusters, the rule of three.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import type { Lazy } from 'fp-ts/function'
import { type Estimate, holm, mcnemarExact, ruleOfThree } from '../stats'
import { type MetricName, type Metrics, type RateName, metricOf, presentMetrics, rateNames } from './metrics'
import { type Outcomes, type Statistic, estimates } from './resampled'

// model ------------------------------------------------------------------------------------------

/**
 * A difference from "no defence"; `p` is McNemar's exact test of one seed, `pAdjusted` is adjusted by Holm's method over the cells
 * compared with the same baseline.
 */
export interface Difference extends Estimate {
  readonly p?: number
  readonly pAdjusted?: number
}
/** Differences of a cell from "no defence", for the metrics that both have. */
export type Differences = Readonly<Partial<Record<MetricName, Difference>>>

export interface Side {
  readonly key: string
  readonly metrics: Metrics
  /** One per seed. */
  readonly outcomes: Lazy<ReadonlyArray<Outcomes>>
}

// parts ------------------------------------------------------------------------------------

const sizeOf = (metrics: Metrics, metric: MetricName): number => metrics[metric]?.n ?? 0

/** McNemar's p of one seed's items, those left out that are unjudged on either side; undefined for several seeds. */
const pairedP = (
  [ours, ...more]: ReadonlyArray<Outcomes>,
  [theirs]: ReadonlyArray<Outcomes>,
  rate: RateName,
): number | undefined => {
  if (ours === undefined || theirs === undefined || more.length > 0) return undefined
  let [b, c] = [0, 0]
  for (const [id, { value }] of ours[rate] ?? []) {
    const other = theirs[rate]?.get(id)?.value ?? Number.NaN
    if (other === value || Number.isNaN(other - value)) continue
    if (value > other) b++
    else c++
  }
  return mcnemarExact(b, c)
}

/** The interval of a rate's difference, at least as wide as the number of clusters allows. */
export const floored = (estimate: Estimate, clusters: number | undefined): Estimate =>
  clusters === undefined
    ? estimate
    : {
        ...estimate,
        low: Math.min(estimate.low, Math.max(-1, estimate.value - ruleOfThree(clusters))),
        high: Math.max(estimate.high, Math.min(1, estimate.value + ruleOfThree(clusters))),
        clusters,
      }

const isRate = (metric: MetricName): metric is RateName => rateNames.some((name) => name === metric)

const differencesFrom = (baseline: Side, others: ReadonlyArray<Side>): ReadonlyMap<string, Differences> => {
  const wanted = others.flatMap((side) => presentMetrics(side.metrics).map((metric) => ({ side, metric })))
  const statistics = wanted.map(({ side, metric }): Statistic => {
    const [ours, theirs] = [metricOf(metric, side.key), metricOf(metric, baseline.key)]
    return (m) => ours(m) - theirs(m)
  })
  if (statistics.length === 0) return new Map(others.map(({ key }) => [key, {}]))
  const outcomes = new Map([baseline, ...others].map((side) => [side.key, side.outcomes()] as const))
  const of = ({ key }: Side): ReadonlyArray<Outcomes> => outcomes.get(key) ?? []
  const found = estimates(outcomes, statistics)
  const compared = RA.zipWith(wanted, found, ({ side, metric }, estimate) => ({
    side,
    metric,
    estimate: isRate(metric) ? floored(estimate, side.metrics[metric]?.clusters) : estimate,
    p: isRate(metric) ? pairedP(of(side), of(baseline), metric) : undefined,
  }))
  const adjusted = new Map<string, number>()
  for (const metric of rateNames) {
    const family = compared.flatMap(({ side, metric: of, p }) =>
      of === metric && p !== undefined ? [{ key: side.key, p }] : [],
    )
    for (const [{ key }, p] of RA.zip(family, holm(family.map(({ p }) => p))))
      adjusted.set(`${key}\n${metric}`, p)
  }
  return new Map(
    others.map((side) => [
      side.key,
      Object.fromEntries(
        compared.flatMap(({ side: of, metric, estimate, p }) => {
          if (of !== side) return []
          const pAdjusted = adjusted.get(`${side.key}\n${metric}`)
          return [
            [
              metric,
              {
                ...estimate,
                n: sizeOf(side.metrics, metric),
                ...(p === undefined ? {} : { p }),
                ...(pAdjusted === undefined ? {} : { pAdjusted }),
              },
            ],
          ]
        }),
      ),
    ]),
  )
}

// constructors -----------------------------------------------------------------------------------

/** Differences by key, without the baseline itself; empty where there is no baseline. */
export const differencesOf = (
  sides: ReadonlyArray<Side>,
  baseline: Side | undefined,
): ReadonlyMap<string, Differences> =>
  baseline === undefined
    ? new Map()
    : differencesFrom(
        baseline,
        sides.filter((side) => side.key !== baseline.key),
      )
