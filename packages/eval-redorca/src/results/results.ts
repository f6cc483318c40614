/** All cells of a benchmark and everything derived from them, as in `results.json`: a pure function of the cells' samples. */
import * as t from 'io-ts'
import { type CompleteCost, completeCost } from './cost'
import type { Differences } from './differences'
import {
  type Factors,
  type Strengths,
  fineTuneOf,
  groupKey,
  isUnattacked,
  isUndefended,
  named,
  pooledFactors,
} from '../plan/factors'
import { type Effect, type Interaction, type Lattice, effectsOf, interactionsOf } from './effects'
import { type EqualUtilityRow, equalUtilityOf } from './equalUtility'
import { type Fronts, frontsOf } from './fronts'
import type { JudgeMetrics, Metrics, SplitMetrics } from './metrics'
import {
  type MeasuredCell,
  type Prepared,
  type PreparedPool,
  cellDifferencesOf,
  familiesOf,
  poolDifferencesOf,
  poolsOf,
  pooledValidation,
  preparedOf,
  withJudges,
} from './prepared'
import type { Running } from './running'
import { type SelectionRule, selectionsOf } from './selection'
import { type AttackRule, type WorstCase, worstCasesOf } from './worstCase'
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
  /** The attackers, where there are any. */
  readonly attackers?: AttackRule
  /** Every defence under its worst attacker, stated over the test; empty where there are no attackers. */
  readonly worstCase: ReadonlyArray<WorstCase>
  readonly effects: ReadonlyArray<Effect>
  readonly interactions: ReadonlyArray<Interaction>
  readonly failed: ReadonlyArray<FailedCell>
}

/** Enough of `results.json` to recognise such a file. */
export const resultsMark = t.type({ format: t.literal(1), suite: t.string, cells: t.array(t.UnknownRecord) })

// parts ------------------------------------------------------------------------------------------

/** Whether the tables of effects show a pool: no control, at the selected strengths; where none were tried, as configured. */
const isShown =
  (selection: SelectionRule | undefined, chosen: ReadonlySet<string>) =>
  ({ key, first }: PreparedPool): boolean =>
    !first.control &&
    (selection === undefined ? first.published : isUndefended(first.factors) || chosen.has(key))

const latticeOf = (
  family: ReadonlyArray<PreparedPool>,
  shown: (pool: PreparedPool) => boolean,
): ReadonlyArray<Lattice> => {
  const [one] = family
  return one === undefined
    ? []
    : [
        {
          ...fineTuneOf(one.first.factors),
          groups: family.filter(shown).map(({ first, members, metrics, outcomes }) => ({
            key: groupKey(named(first.factors)),
            factors: named(first.factors),
            ...{ metrics, outcomes, seeds: members.length },
          })),
        },
      ]
}

const cellResult = (c: Prepared, differences: Differences): CellResult => ({
  id: c.id,
  factors: named(c.factors),
  strengths: c.factors.strengths ?? {},
  control: c.control,
  published: c.published,
  ...completeCost(c),
  metrics: c.metrics,
  ...(c.validation === undefined ? {} : { validation: c.validation }),
  differences,
})

const groupResult = (
  { first, members, metrics }: PreparedPool,
  selected: boolean,
  differences: Differences,
): GroupResult => {
  const validation = pooledValidation(members)
  return {
    factors: pooledFactors(first.factors),
    strengths: first.factors.strengths ?? {},
    control: first.control,
    published: first.published,
    selected,
    cells: members.map((c) => c.id),
    metrics,
    ...(validation === undefined ? {} : { validation }),
    differences,
  }
}

// constructors -----------------------------------------------------------------------------------

export interface ResultsInput {
  readonly suite: string
  readonly finished: string
  readonly stamp: Stamp
  readonly cells: ReadonlyArray<MeasuredCell>
  readonly failed: ReadonlyArray<FailedCell>
  readonly selection?: SelectionRule
  readonly attackers?: AttackRule
  readonly running?: Running
}

/** Everything that follows from these cells. */
export const resultsOf = ({
  suite,
  finished,
  stamp: given,
  cells,
  failed,
  selection,
  attackers,
  running,
}: ResultsInput): Results => {
  const stamp = withJudges(given, cells)
  const prepared = preparedOf(cells, stamp)
  const pools = poolsOf(prepared)
  const families = familiesOf(pools)
  const ofCells = cellDifferencesOf(prepared)
  const ofPools = poolDifferencesOf(families, ofCells)
  const chosen = selection === undefined ? [] : selectionsOf(prepared, selection)
  const chosenKeys = new Set(chosen.map((c) => c.chosen.key))
  const shown = isShown(selection, chosenKeys)
  const lattices = families
    .filter(([pool]) => pool !== undefined && isUnattacked(pool.first.factors))
    .flatMap((family) => latticeOf(family, shown))
  const unattacked = pools.filter(({ first }) => isUnattacked(first.factors))
  const worstCase = attackers === undefined ? [] : worstCasesOf(pools, attackers, shown)
  return {
    format: 1,
    suite,
    finished,
    ...(running === undefined ? {} : { running }),
    stamp,
    cells: prepared.map((c) => cellResult(c, ofCells.get(c.id) ?? {})),
    groups: pools.map((pool) =>
      groupResult(
        pool,
        selection === undefined ||
          isUndefended(pool.first.factors) ||
          chosenKeys.has(pool.key) ||
          !isUnattacked(pool.first.factors),
        ofPools.get(pool.key) ?? {},
      ),
    ),
    ...(selection === undefined ? {} : { selection }),
    equalUtility: selection === undefined ? [] : equalUtilityOf(chosen, pools, ofPools, selection),
    fronts: selection === undefined ? {} : frontsOf(unattacked, chosenKeys, selection),
    ...(attackers === undefined ? {} : { attackers }),
    worstCase,
    effects: lattices.flatMap(effectsOf),
    interactions: lattices.flatMap(interactionsOf),
    failed,
  }
}
