/**
 * The headline table: every method, control and combination at the strength selected on validation items, stated over the test, with
 * paired differences from the undefended model, from the method's control (at the control's own selected strength), and of a
 * combination from the best of its methods alone.
 */
import type { Lazy } from 'fp-ts/function'
import { type StrengthValue } from '@safe/tensor-core/contracts'
import {
  type Factors,
  type Strengths,
  combinationName,
  defendedStages,
  fineTuneKey,
  named,
  namesAt,
  pooledFactors,
} from '../plan/factors'
import { groupedBy } from '../plan/groupedBy'
import { type Estimate } from '../stats'
import { type Differences, floored } from './differences'
import type { Pool } from './fronts'
import { type Outcomes, estimates } from './resampled'
import { type SelectedCombination, type SelectionRule, type ValidationRates, sweptIn } from './selection'

// model ------------------------------------------------------------------------------------------

/** A difference in attack success, negative where fewer attacks succeed. */
export interface ComparedDifference extends Estimate {
  readonly strength: EqualUtilityStrength
}

/** A value of one method, a record of several, null where there is none to choose. */
export type EqualUtilityStrength = StrengthValue | Strengths | null

/** A row of the headline table. */
export interface EqualUtilityRow {
  readonly factors: Omit<Factors, 'seed' | 'strengths'>
  readonly strength: EqualUtilityStrength
  readonly control: boolean
  /** Whether it keeps task and look-alikes on the validation items; where not, this is its best try. */
  readonly reachable: boolean
  readonly task: Estimate | undefined
  readonly lookalikeAnswered: Estimate | undefined
  readonly degenerate: Estimate | undefined
  readonly attackSuccess: Estimate | undefined
  readonly sut: Estimate | undefined
  /** Attack success minus that of the undefended model. */
  readonly difference: Estimate | undefined
  readonly controlDifference?: ComparedDifference & { readonly control: string }
  /** A combination minus the best of its methods alone. */
  readonly partDifference?: ComparedDifference & { readonly part: string }
  /** What it was selected by, beside the undefended model on the same items. */
  readonly validation: ValidationRates & { readonly undefended: ValidationRates }
  /** The settings that were compared. */
  readonly tried: number
  readonly cells: ReadonlyArray<string>
}

interface Pooled extends Pool {
  readonly members: ReadonlyArray<{
    readonly id: string
    readonly factors: Factors
    readonly control: boolean
  }>
  readonly outcomes: Lazy<ReadonlyArray<Outcomes>>
}

// parts ------------------------------------------------------------------------------------------

const strengthOf = (rule: SelectionRule, factors: Factors): EqualUtilityStrength => {
  const swept = sweptIn(rule.paths, factors)
  const { strengths = {} } = factors
  const [only, ...more] = swept
  return only === undefined
    ? null
    : more.length === 0 && defendedStages(factors).length === 1
      ? (strengths[only] ?? null)
      : strengths
}

/** Paired differences in attack success over the items that both answered. */
const difference = (ours: Pooled, theirs: Pooled): Estimate | undefined => {
  const { attackSuccess } = ours.metrics
  if (attackSuccess === undefined || theirs.metrics.attackSuccess === undefined) return undefined
  const [found] = estimates(
    new Map([
      ['ours', ours.outcomes()],
      ['theirs', theirs.outcomes()],
    ]),
    [(m) => m('ours', 'attackSuccess') - m('theirs', 'attackSuccess')],
  )
  return found === undefined ? undefined : floored({ ...found, n: attackSuccess.n }, attackSuccess.clusters)
}

/** The methods of a combination, each as the combination's own stage has it. */
const isPartOf = (whole: Factors, part: Factors): boolean => {
  const [stage, ...more] = defendedStages(part)
  return stage !== undefined && more.length === 0 && namesAt(whole, stage).includes(part[stage])
}

// constructors -----------------------------------------------------------------------------------

/**
 * @param pools all settings with their outcomes on the test
 * @param differences of the settings from the undefended one, by key
 */
export const equalUtilityOf = (
  selected: ReadonlyArray<SelectedCombination>,
  pools: ReadonlyArray<Pooled>,
  differences: ReadonlyMap<string, Differences>,
  rule: SelectionRule,
): ReadonlyArray<EqualUtilityRow> => {
  const byKey = new Map(pools.map((pool) => [pool.key, pool]))
  const rows = selected.flatMap((choice) => {
    const pool = byKey.get(choice.chosen.key)
    return pool === undefined ? [] : [{ ...choice, pool }]
  })
  type Row = (typeof rows)[number]
  const byFineTune = groupedBy(rows, fineTuneKey)
  const sameFineTune = ({ chosen: { factors } }: Row): ReadonlyArray<Row> =>
    byFineTune.get(fineTuneKey(factors)) ?? []
  const compared = (ours: Row, theirs: Row): ComparedDifference | undefined => {
    const found = difference(ours.pool, theirs.pool)
    return found === undefined ? undefined : { strength: strengthOf(rule, theirs.chosen.factors), ...found }
  }
  /** The control of a method alone. */
  const controlOf = (row: Row): Row | undefined =>
    defendedStages(row.chosen.factors).length !== 1
      ? undefined
      : sameFineTune(row).find((other) =>
          defendedStages(other.chosen.factors).some((stage) => {
            const method = rule.controls[other.chosen.factors[stage]]
            return method !== undefined && row.chosen.factors[stage] === method
          }),
        )
  /** The method alone that has the lowest attack success on the validation items, of those that keep utility if any do. */
  const bestPart = (row: Row): Row | undefined => {
    if (defendedStages(row.chosen.factors).length < 2) return undefined
    const parts = sameFineTune(row).filter((other) => isPartOf(row.chosen.factors, other.chosen.factors))
    const keeping = parts.filter((part) => part.reachable)
    return [...(keeping.length > 0 ? keeping : parts)].sort(
      ({ chosen: { rates: a } }, { chosen: { rates: b } }) =>
        (a.attackSuccess ?? 1) - (b.attackSuccess ?? 1) ||
        (b.task ?? 0) - (a.task ?? 0) ||
        (b.lookalikeAnswered ?? 0) - (a.lookalikeAnswered ?? 0),
    )[0]
  }
  return rows.map((row) => {
    const { pool, chosen, reachable, bare, tried } = row
    const { attackSuccess, exactMatch, lookalikeAnswered, degenerate, sut } = pool.metrics
    const [control, part] = [controlOf(row), bestPart(row)]
    const [minusControl, minusPart] = [
      control === undefined ? undefined : compared(row, control),
      part === undefined ? undefined : compared(row, part),
    ]
    return {
      factors: pooledFactors(chosen.factors),
      strength: strengthOf(rule, chosen.factors),
      control: pool.members[0]?.control ?? false,
      reachable,
      task: exactMatch,
      lookalikeAnswered,
      degenerate,
      attackSuccess,
      sut,
      difference: differences.get(pool.key)?.attackSuccess,
      ...(control === undefined || minusControl === undefined
        ? {}
        : {
            controlDifference: {
              control: combinationName(named(control.chosen.factors)),
              ...minusControl,
            },
          }),
      ...(part === undefined || minusPart === undefined
        ? {}
        : {
            partDifference: {
              part: combinationName(named(part.chosen.factors)),
              ...minusPart,
            },
          }),
      validation: { ...chosen.rates, undefended: bare },
      tried,
      cells: pool.members.map(({ id }) => id),
    }
  })
}
