/** Metrics of cells that differ only in the seed, pooled: by the headline judge, and by each judge that measured all of them. */
import * as RA from 'fp-ts/ReadonlyArray'
import type { Lazy } from 'fp-ts/function'
import { type Clustered, type Estimate, atLeast, clusteredRate } from '../stats'
import type { JudgedSample } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import {
  type JudgeMetrics,
  type Metrics,
  boundsOf,
  flawsOf,
  metricOf,
  outcomesOf,
  presentMetrics,
  sutEstimate,
} from './metrics'
import { type Scored, perplexityOf } from './perplexity'
import { type Outcomes, estimates } from './resampled'

// model ------------------------------------------------------------------------------------------

/** A cell of one seed. */
export interface SeedCell extends Scored {
  readonly samples: ReadonlyArray<JudgedSample>
  readonly judges?: ReadonlyArray<JudgeRecord>
  readonly headline: JudgeRecord | undefined
  readonly metrics: Metrics
  /** By the headline judge. */
  readonly outcomes: Lazy<Outcomes>
}

// parts ------------------------------------------------------------------------------------------

const judgedItems = (outcomes: ReadonlyArray<Outcomes>, rate: string): ReadonlyArray<Clustered> =>
  outcomes.flatMap((of) => [...(of[rate]?.values() ?? [])].filter(({ value }) => !Number.isNaN(value)))

const rateOver = (estimate: Estimate, judged: ReadonlyArray<Clustered>): Estimate => {
  const { n, clusters, effective, ...floor } = clusteredRate(judged)
  return {
    ...atLeast(estimate, floor),
    n,
    clusters,
    ...(effective === undefined ? {} : { effective }),
  }
}

/**
 * Rates over several seeds: the share of all judged answers, with an interval over seeds and clusters, no narrower than Wilson's on
 * the effective n of the clusters alone (all seeds answer the same prompts, so they do not add clusters).
 */
const pooledBy = (
  key: string,
  samples: ReadonlyArray<JudgedSample>,
  judge: JudgeRecord | undefined,
  outcomes: ReadonlyArray<Outcomes>,
  first: JudgeMetrics,
): JudgeMetrics => {
  const names = presentMetrics(first).filter((name) => name !== 'sut')
  const wanted = [...names, 'sut' as const]
  const found = estimates(
    new Map([[key, outcomes]]),
    wanted.map((metric) => metricOf(metric, key)),
  )
  const bounds = boundsOf(samples, judge)
  const rates: JudgeMetrics = Object.fromEntries(
    RA.zip(names, found).flatMap(([metric, estimate]) => {
      const judged = judgedItems(outcomes, metric)
      return judged.length === 0
        ? []
        : [
            [
              metric,
              {
                ...rateOver(estimate, judged),
                seeds: outcomes.length,
                ...bounds[metric],
              },
            ],
          ]
    }),
  )
  const [interval, { attackSuccess, exactMatch }] = [found.at(-1), rates]
  return {
    ...rates,
    ...(interval === undefined || attackSuccess === undefined || exactMatch === undefined
      ? {}
      : { sut: sutEstimate(interval, exactMatch, attackSuccess) }),
    ...flawsOf(samples, judge),
  }
}

// constructors -----------------------------------------------------------------------------------

/** @param cells in the order of their seeds, at least one; a single cell has its own metrics */
export const pooledMetrics = (key: string, cells: ReadonlyArray<SeedCell>): Metrics => {
  const [first, ...others] = cells
  if (first === undefined || others.length === 0) return first?.metrics ?? {}
  const samples = cells.flatMap((c) => c.samples)
  const byJudge = Object.entries(first.metrics.byJudge ?? {}).flatMap(([id, metrics]) => {
    const judge = first.judges?.find((j) => j.id === id)
    return judge !== undefined && others.every((c) => c.metrics.byJudge?.[id] !== undefined)
      ? [
          [
            id,
            pooledBy(
              key,
              samples,
              judge,
              cells.map((c) => outcomesOf(c.samples, judge)),
              metrics,
            ),
          ] as const,
        ]
      : []
  })
  return {
    ...pooledBy(
      key,
      samples,
      first.headline,
      cells.map((c) => c.outcomes()),
      first.metrics,
    ),
    ...(byJudge.length < 2 ? {} : { byJudge: Object.fromEntries(byJudge) }),
    ...perplexityOf(cells),
  }
}
