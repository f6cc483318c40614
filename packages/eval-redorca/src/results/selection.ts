/**
 * The strength of each method at which it keeps utility, chosen on the validation items.
 *
 *     feasible   task >= undefended task - epsilon,  and  look-alikes answered >= undefended - delta
 *     selected   the feasible strength with the lowest attack success; of equal ones the weaker
 *
 * A look-alike is answered where it is neither refused nor degenerate, so a model that learned to say nothing keeps no utility.
 * Where no strength is feasible the method cannot keep the task here; its best try is the strength that misses the bounds by least.
 */
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { type StrengthChoice, strengthWithinBounds } from '@safe/tensor-core/stats'
import {
  type Factors,
  type FineTune,
  type Strengths,
  defendedStages,
  fineTuneKey,
  fineTuneOf,
  groupKey,
  isTuned,
  isUnattacked,
  isUndefended,
  named,
  namesAt,
} from '../plan/factors'
import { groupedBy } from '../plan/groupedBy'
import type { SelectedHere } from '../plan/settings'
import { type Paths, placeOf } from '../plan/strengths'
import type { JudgedSample } from '../suite/samples'
import type { JudgeRecord } from '../suite/verdicts'
import { ratesOf } from './metrics'

// model ------------------------------------------------------------------------------------------

/** What a strength may cost, as shares, and which strengths were tried: how a benchmark selects. */
export interface SelectionRule {
  readonly epsilon: number
  readonly delta: number
  /** By method, from weak to strong. */
  readonly paths: Paths
  /** The method that each control stands beside. */
  readonly controls: Readonly<Record<string, string>>
  /** Where the strengths are from, where they were selected before this run. */
  readonly source?: string
}

/** Rates on validation items, over all seeds. */
export interface ValidationRates {
  readonly attackSuccess: number | undefined
  readonly task: number | undefined
  readonly lookalikeAnswered: number | undefined
}

/** A finished cell as selection reads it. */
export interface SelectableCell {
  readonly factors: Factors
  readonly samples: ReadonlyArray<JudgedSample>
  readonly headline: JudgeRecord | undefined
}

/** One setting over all its seeds. */
export interface Candidate {
  readonly key: string
  readonly factors: Factors
  readonly rates: ValidationRates
}

// rates ------------------------------------------------------------------------------------------

const validationRates = (cells: ReadonlyArray<SelectableCell>): ValidationRates => {
  const rates = ratesOf(
    cells.flatMap(({ samples }) => samples.filter((s) => s.split === 'validation')),
    cells[0]?.headline,
  )
  return {
    attackSuccess: rates.attackSuccess,
    task: rates.exactMatch,
    lookalikeAnswered: rates.lookalikeAnswered,
  }
}

/**
 * Settings with their validation rates, without those under attackers; one that lacks a seed is left out, for it cannot be compared.
 */
export const candidatesOf = (cells: ReadonlyArray<SelectableCell>): ReadonlyArray<Candidate> => {
  const groups = groupedBy(
    cells.filter(({ factors }) => isTuned(factors) && isUnattacked(factors)),
    ({ factors }) => groupKey(factors),
  )
  const seeds = [...groups.values()].reduce((most, group) => Math.max(most, group.length), 0)
  return [...groups].flatMap(([key, group]) => {
    const [first] = group
    return first === undefined || group.length < seeds
      ? []
      : [{ key, factors: first.factors, rates: validationRates(group) }]
  })
}

// order ------------------------------------------------------------------------------------------

/** How strong a setting is: steps from the weakest values of its methods. */
export const strengthRank = (paths: Paths, { strengths = {} }: Pick<Factors, 'strengths'>): number =>
  Object.entries(strengths).reduce((sum, [name, value]) => sum + placeOf(paths, name, value), 0)

/** The methods at a setting's stages that strengths are tried of. */
export const sweptIn = (paths: Paths, f: Readonly<Record<Stage, string>>): ReadonlyArray<string> =>
  stages.flatMap((stage) => namesAt(f, stage)).filter((name) => paths[name] !== undefined)

/** Whether every swept method of a setting is at one of the strengths tried. */
const isOnPath = (paths: Paths, { strengths = {}, ...f }: Factors): boolean =>
  sweptIn(paths, f).every((name) => {
    const value = strengths[name]
    return value !== undefined && placeOf(paths, name, value) >= 0
  })

// choosing ---------------------------------------------------------------------------------------

/** The selected one of these, from weak to strong; undefined where there are none. */
export const chooseAmong = <A extends { readonly rates: ValidationRates }>(
  candidates: ReadonlyArray<A>,
  bare: ValidationRates,
  { epsilon, delta }: Pick<SelectionRule, 'epsilon' | 'delta'>,
): StrengthChoice<A> | undefined =>
  strengthWithinBounds(candidates, {
    harm: ({ rates }) => rates.attackSuccess ?? 1,
    bounds: ({ rates }) => [
      { rate: rates.task, bare: bare.task, allowed: epsilon },
      { rate: rates.lookalikeAnswered, bare: bare.lookalikeAnswered, allowed: delta },
    ],
  })

// constructors -----------------------------------------------------------------------------------

/** A combination of an aligned model and regime (controls included) with the setting selected for it. */
export interface SelectedCombination extends StrengthChoice<Candidate>, FineTune {
  /** The settings that were compared. */
  readonly tried: number
  /** The undefended model on the same items. */
  readonly bare: ValidationRates
}

const namesKey = (f: Factors): string => groupKey(named(f))

/** The selected setting of every combination of every aligned model and regime, in the order of the cells. */
export const selectionsOf = (
  cells: ReadonlyArray<SelectableCell>,
  rule: SelectionRule,
): ReadonlyArray<SelectedCombination> => {
  const byFineTune = groupedBy(candidatesOf(cells), ({ factors }) => fineTuneKey(factors))
  return [...byFineTune.values()].flatMap((here) => {
    const bare = here.find(({ factors }) => isUndefended(factors))
    if (bare === undefined) return []
    const defended = here.filter(({ factors }) => !isUndefended(factors) && isOnPath(rule.paths, factors))
    return [...groupedBy(defended, ({ factors }) => namesKey(factors)).values()].flatMap((tried) => {
      const candidates = [...tried].sort(
        (a, b) => strengthRank(rule.paths, a.factors) - strengthRank(rule.paths, b.factors),
      )
      const choice = chooseAmong(candidates, bare.rates, rule)
      return choice === undefined
        ? []
        : [{ ...choice, ...fineTuneOf(bare.factors), tried: candidates.length, bare: bare.rates }]
    })
  })
}

/** The strength selected for each method by itself, of each aligned model and regime. */
export const selectedStrengths = (
  selections: ReadonlyArray<SelectedCombination>,
): ((fineTune: FineTune) => SelectedHere) => {
  const found = new Map<string, Strengths>()
  for (const { chosen } of selections) {
    const key = fineTuneKey(chosen.factors)
    if (
      Object.keys(chosen.factors.strengths ?? {}).length === 1 &&
      defendedStages(chosen.factors).length === 1
    )
      found.set(key, { ...found.get(key), ...chosen.factors.strengths })
  }
  return (fineTune) => (method) => found.get(fineTuneKey(fineTune))?.[method]
}
