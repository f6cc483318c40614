/** Finished cells as results are made from them: with metrics and outcomes by the headline judge, and pooled over seeds. */
import type { Lazy } from 'fp-ts/function'
import type { CellCost } from './cost'
import { type Factors, fineTuneKey, groupKey, isTuned, isUndefended } from '../plan/factors'
import { groupedBy } from '../plan/groupedBy'
import { type Differences, differencesOf } from './differences'
import {
  type JudgeMetrics,
  type Metrics,
  type SplitMetrics,
  metricsOf,
  outcomesOf,
  splitMetricsOf,
} from './metrics'
import type { Scored } from './perplexity'
import { pooledMetrics } from './pooled'
import type { Outcomes } from './resampled'
import { type JudgedSample, type Sample, isReported } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import type { Stamp } from './stamp'

// model ------------------------------------------------------------------------------------------

/** A finished cell as results are computed from it: without the texts of its samples. */
export interface MeasuredCell extends Scored, CellCost {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  /** Every method as configured; absent in results of earlier versions, which had no other cells. */
  readonly published?: boolean
  readonly samples: ReadonlyArray<JudgedSample>
  /** The judges whose verdicts the samples have; without them the samples' labels count. */
  readonly judges?: ReadonlyArray<JudgeRecord>
}

/** A finished cell, read from its folder. */
export interface FinishedCell extends MeasuredCell {
  readonly samples: ReadonlyArray<Sample>
}

/** What follows from the samples of a cell alone. */
interface Derived extends SplitMetrics {
  readonly published: boolean
  readonly headline: JudgeRecord | undefined
  /** Computed where something is compared: those of very many cells would take most of the memory. */
  readonly outcomes: Lazy<Outcomes>
}

/** A finished cell with what follows from its samples alone. */
export interface Prepared extends MeasuredCell, Derived {
  readonly published: boolean
}

/** The same with the texts of its samples. */
export type PreparedAnswers = FinishedCell & Derived

/** Cells that differ only in the seed, in the order of the seeds; at least one. */
export interface PreparedPool {
  readonly key: string
  readonly first: Prepared
  readonly members: ReadonlyArray<Prepared>
  readonly outcomes: Lazy<ReadonlyArray<Outcomes>>
  readonly metrics: Metrics
}

// parts -----------------------------------------------------------------------------------------

/** A cell's headline judge: the one of the stamp; undefined where the cell does not name its judges. */
const headlineOf = ({ judges = [] }: MeasuredCell, { judges: stamped }: Stamp): JudgeRecord | undefined =>
  judges.find(({ id }) => id === stamped?.measuring) ?? judges[0]

/** The stamp with every judge that measured a cell: some may have judged stored samples later. */
export const withJudges = (stamp: Stamp, cells: ReadonlyArray<MeasuredCell>): Stamp => {
  const found = new Map(cells.flatMap(({ judges = [] }) => judges.map((judge) => [judge.id, judge] as const)))
  if (stamp.judges === undefined || found.size === 0) return stamp
  const { measuring } = stamp.judges
  const measured = [...found.values()].sort((a, b) => Number(b.id === measuring) - Number(a.id === measuring))
  return { ...stamp, judges: { ...stamp.judges, measured } }
}

// cells ------------------------------------------------------------------------------------------

export const preparedOf = <C extends MeasuredCell>(
  cells: ReadonlyArray<C>,
  stamp: Stamp,
): ReadonlyArray<C & Derived> =>
  cells.map((cell) => {
    const headline = headlineOf(cell, stamp)
    return {
      ...cell,
      published: cell.published ?? true,
      headline,
      ...splitMetricsOf(cell.samples, cell.judges ?? [], headline, cell),
      outcomes: () => outcomesOf(cell.samples.filter(isReported), headline),
    }
  })

/** Differences of fine-tuned cells from the undefended one of the same aligned model, regime and seed, by cell id. */
export const cellDifferencesOf = (cells: ReadonlyArray<Prepared>): ReadonlyMap<string, Differences> => {
  const tuned = cells.filter((c) => isTuned(c.factors))
  const families = groupedBy(tuned, ({ factors }) => JSON.stringify([fineTuneKey(factors), factors.seed]))
  return new Map(
    [...families.values()].flatMap((family) => {
      const sides = family.map((c) => ({ key: c.id, metrics: c.metrics, outcomes: () => [c.outcomes()] }))
      const bare = family.find((c) => isUndefended(c.factors))
      return [
        ...differencesOf(
          sides,
          sides.find((side) => side.key === bare?.id),
        ),
      ]
    }),
  )
}

// pools ------------------------------------------------------------------------------------------

export const poolsOf = (cells: ReadonlyArray<Prepared>): ReadonlyArray<PreparedPool> =>
  [...groupedBy(cells, (c) => groupKey(c.factors)).entries()].flatMap(([key, group]) => {
    const members = [...group].sort((a, b) => a.factors.seed - b.factors.seed)
    const [first] = members
    return first === undefined
      ? []
      : [
          {
            key,
            first,
            members,
            outcomes: () => members.map((c) => c.outcomes()),
            metrics: pooledMetrics(key, members),
          },
        ]
  })

/** Pools of fine-tuned cells by aligned model and regime, in the order of the cells. */
export const familiesOf = (
  pools: ReadonlyArray<PreparedPool>,
): ReadonlyArray<ReadonlyArray<PreparedPool>> => [
  ...groupedBy(
    pools.filter(({ first }) => isTuned(first.factors)),
    ({ first }) => fineTuneKey(first.factors),
  ).values(),
]

/**
 * Differences of pools from the undefended one of their family, by the pool's key.
 *
 * @param ofCells what a pool of one seed has already
 */
export const poolDifferencesOf = (
  families: ReadonlyArray<ReadonlyArray<PreparedPool>>,
  ofCells: ReadonlyMap<string, Differences>,
): ReadonlyMap<string, Differences> =>
  new Map(
    families.flatMap((family) => {
      const bare = family.find(({ first }) => isUndefended(first.factors))
      const seeds = bare?.members.length ?? 0
      // A pool without all seeds (a failed cell) cannot be paired item by item, so it has no differences.
      const whole = family.filter(({ members }) => members.length === seeds)
      return seeds === 1
        ? whole.map(({ key, first }) => [key, ofCells.get(first.id) ?? {}] as const)
        : [...differencesOf(whole, bare)]
    }),
  )

/** The metrics of the validation items of all seeds; those of one seed are the cell's own. */
export const pooledValidation = (members: ReadonlyArray<Prepared>): JudgeMetrics | undefined => {
  const [first, ...others] = members
  return first?.validation === undefined || others.length === 0
    ? first?.validation
    : metricsOf(
        members.flatMap((c) => c.samples.filter((s) => !isReported(s))),
        first.headline,
      )
}
