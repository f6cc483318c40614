/** All cells of a benchmark and everything derived from them, as in `results.json`: a pure function of the cells' samples. */
import * as t from 'io-ts'
import { stages, type Stage } from '@safe/tensor-core/contracts'
import { type Differences, differencesOf } from './differences'
import { type Factors, groupKey, isTuned, undefended } from '../plan/factors'
import { type Effect, type Interaction, effectsOf, interactionsOf } from './effects'
import { type Metrics, allMetricsOf, outcomesOf } from './metrics'
import { type Scored, perplexityOf } from './perplexity'
import { pooledMetrics } from './pooled'
import type { Outcomes } from './resampled'
import type { Sample } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import type { Stamp } from './stamp'

// model ------------------------------------------------------------------------------------------

/** One cell: one model under one combination of defences. */
export interface CellResult {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  readonly seconds: number
  readonly metrics: Metrics
  /** Differences from the undefended cell of the same regime and seed; empty for that cell and for models without fine-tuning. */
  readonly differences: Differences
}

/** Cells that differ only in the seed, pooled. */
export interface GroupResult {
  readonly factors: Omit<Factors, 'seed'>
  readonly control: boolean
  readonly cells: ReadonlyArray<string>
  readonly metrics: Metrics
  readonly differences: Differences
}

/** A cell that could not be computed, and the reason. */
export interface FailedCell {
  readonly factors: Factors
  readonly message: string
}

/** `results.json`. */
export interface Results {
  readonly format: 1
  readonly suite: string
  readonly finished: string
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<CellResult>
  readonly groups: ReadonlyArray<GroupResult>
  readonly effects: ReadonlyArray<Effect>
  readonly interactions: ReadonlyArray<Interaction>
  readonly failed: ReadonlyArray<FailedCell>
}

/** A finished cell, read from its folder. */
export interface FinishedCell extends Scored {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  readonly seconds: number
  readonly samples: ReadonlyArray<Sample>
  /** The judges whose verdicts the samples have; without them the samples' labels count. */
  readonly judges?: ReadonlyArray<JudgeRecord>
}

/** Enough of `results.json` to recognise such a file. */
export const resultsMark = t.type({ format: t.literal(1), suite: t.string, cells: t.array(t.UnknownRecord) })

// parts -----------------------------------------------------------------------------------------

const isUndefended = (f: Readonly<Record<Stage, string>>): boolean =>
  stages.every((stage) => f[stage] === undefended[stage])

const by = <A>(values: ReadonlyArray<A>, key: (a: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, A[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

// constructors -----------------------------------------------------------------------------------

interface Prepared extends FinishedCell {
  readonly headline: JudgeRecord | undefined
  readonly metrics: Metrics
  readonly outcomes: Outcomes
}

export interface ResultsInput {
  readonly suite: string
  readonly finished: string
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<FinishedCell>
  readonly failed: ReadonlyArray<FailedCell>
}

/** A cell's headline judge: the one of the stamp; undefined where the cell does not name its judges. */
const headlineOf = ({ judges = [] }: FinishedCell, { judges: stamped }: Stamp): JudgeRecord | undefined =>
  judges.find(({ id }) => id === stamped?.measuring) ?? judges[0]

/** The stamp with every judge that measured a cell: some may have judged stored samples later. */
const withJudges = (stamp: Stamp, cells: ReadonlyArray<FinishedCell>): Stamp => {
  const found = new Map(cells.flatMap(({ judges = [] }) => judges.map((judge) => [judge.id, judge] as const)))
  if (stamp.judges === undefined || found.size === 0) return stamp
  const { measuring } = stamp.judges
  const measured = [...found.values()].sort((a, b) => Number(b.id === measuring) - Number(a.id === measuring))
  return { ...stamp, judges: { ...stamp.judges, measured } }
}

export const resultsOf = ({ suite, finished, stamp: given, cells, failed }: ResultsInput): Results => {
  const stamp = withJudges(given, cells)
  const prepared: ReadonlyArray<Prepared> = cells.map((cell) => {
    const headline = headlineOf(cell, stamp)
    return {
      ...cell,
      headline,
      metrics: { ...allMetricsOf(cell.samples, cell.judges ?? [], headline), ...perplexityOf([cell]) },
      outcomes: outcomesOf(cell.samples, headline),
    }
  })
  const tuned = prepared.filter((c) => isTuned(c.factors))

  const cellDifferences = new Map<string, Differences>()
  for (const family of by(tuned, (c) => JSON.stringify([c.factors.regime, c.factors.seed])).values()) {
    const sides = family.map((c) => ({ key: c.id, metrics: c.metrics, outcomes: [c.outcomes] }))
    const bare = family.find((c) => isUndefended(c.factors))
    for (const [id, differences] of differencesOf(
      sides,
      sides.find((side) => side.key === bare?.id),
    ))
      cellDifferences.set(id, differences)
  }

  const pools = [...by(prepared, (c) => groupKey(c.factors)).entries()].map(([key, members]) => {
    const ordered = [...members].sort((a, b) => a.factors.seed - b.factors.seed)
    return {
      key,
      members: ordered,
      outcomes: ordered.map((c) => c.outcomes),
      metrics: pooledMetrics(key, ordered),
    }
  })
  const groupDifferences = new Map<string, Differences>()
  const regimes = by(
    pools.filter((p) => p.members[0] !== undefined && isTuned(p.members[0].factors)),
    (p) => p.members[0]?.factors.regime ?? '',
  )
  for (const family of regimes.values()) {
    const bare = family.find((p) => p.members[0] !== undefined && isUndefended(p.members[0].factors))
    const seeds = bare?.members.map((c) => c.factors.seed) ?? []
    // A group without all seeds (a failed cell) cannot be paired item by item, so it has no differences.
    const whole = family.filter((p) => p.members.length === seeds.length)
    for (const [key, differences] of seeds.length === 1
      ? whole.map((p) => [p.key, cellDifferences.get(p.members[0]?.id ?? '') ?? {}] as const)
      : differencesOf(whole, bare))
      groupDifferences.set(key, differences)
  }

  const groups = pools.flatMap(({ key, members, metrics }) => {
    const first = members[0]
    if (first === undefined) return []
    const { model, regime, data, training, weights, decoding } = first.factors
    return [
      {
        factors: { model, regime, data, training, weights, decoding },
        control: first.control,
        cells: members.map((c) => c.id),
        metrics,
        differences: groupDifferences.get(key) ?? {},
      },
    ]
  })
  const families = [...regimes.entries()].map(([regime, family]) => ({
    regime,
    groups: family.flatMap((p) => {
      const first = p.members[0]
      return first === undefined || first.control
        ? []
        : [{ key: p.key, factors: first.factors, metrics: p.metrics, outcomes: p.outcomes }]
    }),
  }))
  return {
    format: 1,
    suite,
    finished,
    stamp,
    cells: prepared.map((c) => ({
      id: c.id,
      factors: c.factors,
      control: c.control,
      seconds: c.seconds,
      metrics: c.metrics,
      differences: cellDifferences.get(c.id) ?? {},
    })),
    groups,
    effects: families.flatMap(effectsOf),
    interactions: families.flatMap(interactionsOf),
    failed,
  }
}
