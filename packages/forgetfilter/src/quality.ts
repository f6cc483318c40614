/**
 * How good a filter was, where labels say which rows are unsafe: precision, recall and F1 of what it took out, and the ranking
 * quality of the rates whatever the threshold. Intervals are percentile bootstraps over rows, with the threshold held fixed.
 */
import * as O from 'fp-ts/Option'
import { stream } from '@safe/tensor-core/random'
import { BOOTSTRAP_RESAMPLES, INTERVAL_LEVEL } from './defaults'
import { auroc, averagePrecision, tieRanks } from './ranking'

// model ------------------------------------------------------------------------------------------

/** A rated row with its label. */
export interface LabelledRow {
  readonly rate: number
  readonly unsafe: boolean
  /** Whether the filter took it out. */
  readonly removed: boolean
}

export const qualityMetrics = ['precision', 'recall', 'f1', 'auroc', 'auprc'] as const
export type QualityMetric = (typeof qualityMetrics)[number]
/** Null where a metric is undefined: precision with nothing removed, AUROC with one kind of row. */
export type QualityValues = Readonly<Record<QualityMetric, number | null>>

export interface Interval {
  readonly low: number
  readonly high: number
}

export interface Quality extends QualityValues {
  readonly n: number
  readonly unsafe: number
  /** 95 % percentile bootstrap; null where the metric is undefined. */
  readonly intervals: Readonly<Record<QualityMetric, Interval | null>>
}

// constructors -----------------------------------------------------------------------------------

const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b)

/** Rows with the rank of their rate, computed once for all resamples. */
interface RankedRow extends LabelledRow {
  readonly rank: number
}

const values = (rows: ReadonlyArray<RankedRow>, groupCount: number): QualityValues => {
  const groups = Array.from({ length: groupCount }, () => ({ positives: 0, negatives: 0 }))
  const hits = { both: 0, removed: 0, unsafe: 0 }
  for (const row of rows) {
    const group = groups[row.rank]
    if (group !== undefined) group[row.unsafe ? 'positives' : 'negatives'] += 1
    hits.removed += Number(row.removed)
    hits.unsafe += Number(row.unsafe)
    hits.both += Number(row.removed && row.unsafe)
  }
  return {
    precision: ratio(hits.both, hits.removed),
    recall: ratio(hits.both, hits.unsafe),
    f1: ratio(2 * hits.both, hits.removed + hits.unsafe),
    auroc: O.toNullable(auroc(groups)),
    auprc: O.toNullable(averagePrecision(groups)),
  }
}

/** Linear interpolation between order statistics, as numpy's default. */
const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const at = q * (sorted.length - 1)
  const [low, high] = [sorted[Math.floor(at)] ?? 0, sorted[Math.ceil(at)] ?? 0]
  return low + (high - low) * (at - Math.floor(at))
}

const perMetric = <A>(of: (metric: QualityMetric) => A): Readonly<Record<QualityMetric, A>> => ({
  precision: of('precision'),
  recall: of('recall'),
  f1: of('f1'),
  auroc: of('auroc'),
  auprc: of('auprc'),
})

/** Metrics of a filter with bootstrap intervals that depend on the rows and the seed alone. */
export const filterQuality = (labelled: ReadonlyArray<LabelledRow>, seed: number): Quality => {
  const ranks = tieRanks(labelled.map((row) => row.rate))
  const rows = labelled.map((row, i): RankedRow => ({ ...row, rank: ranks[i] ?? 0 }))
  const groupCount = new Set(ranks).size
  const draw = stream(seed, 'forgetfilter', 'bootstrap')
  const resamples = Array.from({ length: BOOTSTRAP_RESAMPLES }, () =>
    values(
      rows.flatMap(() => rows[draw.integer(rows.length)] ?? []),
      groupCount,
    ),
  )
  const all = values(rows, groupCount)
  const tail = (1 - INTERVAL_LEVEL) / 2
  return {
    ...all,
    n: rows.length,
    unsafe: rows.filter((row) => row.unsafe).length,
    intervals: perMetric((metric) => {
      if (all[metric] === null) return null
      const drawn = resamples.flatMap((r) => r[metric] ?? []).sort((a, b) => a - b)
      return drawn.length === 0 ? null : { low: quantile(drawn, tail), high: quantile(drawn, 1 - tail) }
    }),
  }
}
