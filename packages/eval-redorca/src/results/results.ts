/** All cells of a benchmark and everything derived from them, as in `results.json`: a pure function of the cells' samples. */
import * as t from 'io-ts'
import { type CellCost, type CompleteCost, completeCost } from './cost'
import { type Differences, differencesOf } from './differences'
import {
  type Factors,
  type Strengths,
  groupKey,
  isTuned,
  isUndefended,
  named,
  pooledFactors,
} from '../plan/factors'
import { type Effect, type Interaction, effectsOf, interactionsOf } from './effects'
import { type EqualUtilityRow, equalUtilityOf } from './equalUtility'
import { type Fronts, frontsOf } from './fronts'
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
import { type Sample, isReported } from '../suite/samples'
import type { Running } from './running'
import { type SelectionRule, selectionsOf } from './selection'
import type { JudgeRecord } from '../suite/verdicts'
import type { Stamp } from './stamp'

// model ------------------------------------------------------------------------------------------

/** One cell: one model under one combination of defences. */
export interface CellResult extends SplitMetrics, CompleteCost {
  readonly id: string
  /** Without strengths. */
  readonly factors: Factors
  /** By method; a method that it leaves out acts as configured. */
  readonly strengths: Strengths
  readonly control: boolean
  /** Every method as configured: by default with the options of its paper. */
  readonly published: boolean
  /** Differences from the undefended cell of the same regime and seed; empty for that cell and for models without fine-tuning. */
  readonly differences: Differences
}

/** Cells that differ only in the seed, pooled. */
export interface GroupResult {
  /** Without strengths. */
  readonly factors: Omit<Factors, 'seed' | 'strengths'>
  readonly strengths: Strengths
  readonly control: boolean
  readonly published: boolean
  /** At the strengths that were selected on validation items; true as well for the undefended model and the references. */
  readonly selected: boolean
  readonly cells: ReadonlyArray<string>
  readonly metrics: Metrics
  readonly validation?: JudgeMetrics
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
  /** When they were written. */
  readonly finished: string
  /** Present while cells are missing because the run goes on or was stopped. */
  readonly running?: Running
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<CellResult>
  readonly groups: ReadonlyArray<GroupResult>
  /** How strengths were selected; absent where none were tried. */
  readonly selection?: SelectionRule
  /** Every method, control and combination at the strength selected on validation items, stated over the test. */
  readonly equalUtility: ReadonlyArray<EqualUtilityRow>
  /** Every method over its strengths, from weak to strong, stated over the test. */
  readonly fronts: Fronts
  readonly effects: ReadonlyArray<Effect>
  readonly interactions: ReadonlyArray<Interaction>
  readonly failed: ReadonlyArray<FailedCell>
}

/** A finished cell, read from its folder. */
export interface FinishedCell extends Scored, CellCost {
  readonly id: string
  readonly factors: Factors
  readonly control: boolean
  /** Every method as configured; absent in results of earlier versions, which had no other cells. */
  readonly published?: boolean
  readonly samples: ReadonlyArray<Sample>
  /** The judges whose verdicts the samples have; without them the samples' labels count. */
  readonly judges?: ReadonlyArray<JudgeRecord>
}

/** Enough of `results.json` to recognise such a file. */
export const resultsMark = t.type({ format: t.literal(1), suite: t.string, cells: t.array(t.UnknownRecord) })

// parts -----------------------------------------------------------------------------------------

const by = <A>(values: ReadonlyArray<A>, key: (a: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, A[]>()
  for (const value of values) groups.set(key(value), [...(groups.get(key(value)) ?? []), value])
  return groups
}

// constructors -----------------------------------------------------------------------------------

interface Prepared extends FinishedCell, SplitMetrics {
  readonly published: boolean
  readonly headline: JudgeRecord | undefined
  readonly outcomes: Outcomes
}

/** The metrics of the validation items of all seeds; those of one seed are the cell's own. */
const pooledValidation = (members: ReadonlyArray<Prepared>): JudgeMetrics | undefined => {
  const [first, ...others] = members
  return first?.validation === undefined || others.length === 0
    ? first?.validation
    : metricsOf(
        members.flatMap((c) => c.samples.filter((s) => !isReported(s))),
        first.headline,
      )
}

export interface ResultsInput {
  readonly suite: string
  readonly finished: string
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<FinishedCell>
  readonly failed: ReadonlyArray<FailedCell>
  readonly selection?: SelectionRule
  readonly running?: Running
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

export const resultsOf = ({
  suite,
  finished,
  stamp: given,
  cells,
  failed,
  selection,
  running,
}: ResultsInput): Results => {
  const stamp = withJudges(given, cells)
  const prepared: ReadonlyArray<Prepared> = cells.map((cell) => {
    const headline = headlineOf(cell, stamp)
    return {
      ...cell,
      published: cell.published ?? true,
      headline,
      ...splitMetricsOf(cell.samples, cell.judges ?? [], headline, cell),
      outcomes: outcomesOf(cell.samples.filter(isReported), headline),
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

  const chosen = selection === undefined ? [] : selectionsOf(prepared, selection)
  const chosenKeys = new Set(chosen.map((c) => c.chosen.key))
  const groups = pools.flatMap(({ key, members, metrics }) => {
    const first = members[0]
    if (first === undefined) return []
    const { strengths = {} } = first.factors
    const validation = pooledValidation(members)
    return [
      {
        factors: pooledFactors(first.factors),
        strengths,
        control: first.control,
        published: first.published,
        selected: selection === undefined || isUndefended(first.factors) || chosenKeys.has(key),
        cells: members.map((c) => c.id),
        metrics,
        ...(validation === undefined ? {} : { validation }),
        differences: groupDifferences.get(key) ?? {},
      },
    ]
  })
  const shown = (c: Prepared, key: string): boolean =>
    !c.control && (selection === undefined ? c.published : isUndefended(c.factors) || chosenKeys.has(key))
  const families = [...regimes.entries()].map(([regime, family]) => ({
    regime,
    groups: family.flatMap((p) => {
      const first = p.members[0]
      return first === undefined || !shown(first, p.key)
        ? []
        : [
            {
              key: groupKey(named(first.factors)),
              factors: named(first.factors),
              metrics: p.metrics,
              outcomes: p.outcomes,
            },
          ]
    }),
  }))
  return {
    format: 1,
    suite,
    finished,
    ...(running === undefined ? {} : { running }),
    stamp,
    cells: prepared.map((c) => ({
      id: c.id,
      factors: named(c.factors),
      strengths: c.factors.strengths ?? {},
      control: c.control,
      published: c.published,
      ...completeCost(c),
      metrics: c.metrics,
      ...(c.validation === undefined ? {} : { validation: c.validation }),
      differences: cellDifferences.get(c.id) ?? {},
    })),
    groups,
    ...(selection === undefined ? {} : { selection }),
    equalUtility: selection === undefined ? [] : equalUtilityOf(chosen, pools, groupDifferences, selection),
    fronts: selection === undefined ? {} : frontsOf(pools, chosenKeys, selection),
    effects: families.flatMap(effectsOf),
    interactions: families.flatMap(interactionsOf),
    failed,
  }
}
