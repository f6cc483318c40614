/** How a cell differs from "no defence": paired over the same prompts, with McNemar's exact test and Holm's adjustment. */
import * as RA from 'fp-ts/ReadonlyArray'
import { type Estimate, holm, mcnemarExact } from '../stats'
import { type MetricName, type Metrics, type RateName, metricOf, presentMetrics, rateNames } from './metrics'
import { type Outcomes, type Statistic, estimates } from './resampled'

// model ------------------------------------------------------------------------------------------

/**
 * A difference from "no defence"; `p` is McNemar's exact test, `pAdjusted` is adjusted by Holm's method over the cells compared
 * with the same baseline.
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
  readonly outcomes: ReadonlyArray<Outcomes>
}

// parts ------------------------------------------------------------------------------------

const sizeOf = (metrics: Metrics, metric: MetricName): number => metrics[metric]?.n ?? 0

/**
 * McNemar's p over all seeds' items: each seed's answers to an item form a separate pair, which is left out where one of them is
 * unjudged.
 */
const pairedP = (ours: ReadonlyArray<Outcomes>, theirs: ReadonlyArray<Outcomes>, rate: RateName): number => {
  let [b, c] = [0, 0]
  ours.forEach((outcomes, seed) => {
    for (const [id, value] of outcomes[rate] ?? []) {
      const other = theirs[seed]?.[rate]?.get(id) ?? Number.NaN
      if (other === value || Number.isNaN(other - value)) continue
      if (value > other) b++
      else c++
    }
  })
  return mcnemarExact(b, c)
}

const isRate = (metric: MetricName): metric is RateName => rateNames.some((name) => name === metric)

const differencesFrom = (baseline: Side, others: ReadonlyArray<Side>): ReadonlyMap<string, Differences> => {
  const wanted = others.flatMap((side) => presentMetrics(side.metrics).map((metric) => ({ side, metric })))
  const statistics = wanted.map(
    ({ side, metric }): Statistic =>
      (m) =>
        metricOf(metric, side.key)(m) - metricOf(metric, baseline.key)(m),
  )
  const found = estimates(new Map([baseline, ...others].map((side) => [side.key, side.outcomes])), statistics)
  const compared = RA.zipWith(wanted, found, ({ side, metric }, estimate) => ({
    side,
    metric,
    estimate,
    p: isRate(metric) ? pairedP(side.outcomes, baseline.outcomes, metric) : undefined,
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
