/**
 * How good a filter was, where labels say which rows are unsafe: precision, recall and F1 of what it took out, and the ranking
 * quality of the rates whatever the threshold. Intervals are percentile bootstraps over rows, with the threshold held fixed.
 */
import * as O from 'fp-ts/Option'
import { stream } from '@safe/tensor-core/random'
import { quantile } from '@safe/tensor-core/stats'
import { BOOTSTRAP_RESAMPLES, INTERVAL_LEVEL } from '../defaults'
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

/** An interval with both ends. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/**
 * How good a filter was against labels. A metric is null where it is undefined, such as precision where nothing was
 * dropped.
 */
export interface Quality extends QualityValues {
  readonly n: number
  readonly unsafe: number
  /** 95 % percentile bootstrap; null where the metric is undefined. */
  readonly intervals: Readonly<Record<QualityMetric, Interval | null>>
}

// constructors -----------------------------------------------------------------------------------

const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b)

/** The rows as columns, with the rank of each rate: made once for all resamples. */
interface Columns {
  readonly rank: Int32Array
  readonly unsafe: Uint8Array
  readonly removed: Uint8Array
  /** Number of distinct rates. */
  readonly ranks: number
}

const columnsOf = (rows: ReadonlyArray<LabelledRow>): Columns => {
  const rank = Int32Array.from(tieRanks(rows.map((row) => row.rate)))
  return {
    rank,
    unsafe: Uint8Array.from(rows, (row) => Number(row.unsafe)),
    removed: Uint8Array.from(rows, (row) => Number(row.removed)),
    ranks: new Set(rank).size,
  }
}

/** Metrics of `n` rows; `pick` names the i-th. */
const valuesOf = (
  { rank, unsafe, removed, ranks }: Columns,
  n: number,
  pick: (i: number) => number,
): QualityValues => {
  const counts = { positives: new Int32Array(ranks), negatives: new Int32Array(ranks) }
  let [taken, bad, both] = [0, 0, 0]
  for (let i = 0; i < n; i++) {
    const row = pick(i)
    const [r, u, t] = [rank[row] ?? 0, unsafe[row] ?? 0, removed[row] ?? 0]
    const side = u === 1 ? counts.positives : counts.negatives
    side[r] = (side[r] ?? 0) + 1
    taken += t
    bad += u
    both += u * t
  }
  return {
    precision: ratio(both, taken),
    recall: ratio(both, bad),
    f1: ratio(2 * both, taken + bad),
    auroc: O.toNullable(auroc(counts)),
    auprc: O.toNullable(averagePrecision(counts)),
  }
}

const perMetric = <A>(of: (metric: QualityMetric) => A): Readonly<Record<QualityMetric, A>> => ({
  precision: of('precision'),
  recall: of('recall'),
  f1: of('f1'),
  auroc: of('auroc'),
  auprc: of('auprc'),
})

/** Metrics of a filter with bootstrap intervals that depend on the rows and the seed alone. */
export const filterQuality = (rows: ReadonlyArray<LabelledRow>, seed: number): Quality => {
  const columns = columnsOf(rows)
  const draw = stream(seed, 'forgetfilter', 'bootstrap')
  const resamples = Array.from({ length: BOOTSTRAP_RESAMPLES }, () =>
    valuesOf(columns, rows.length, () => draw.integer(rows.length)),
  )
  const all = valuesOf(columns, rows.length, (i) => i)
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
