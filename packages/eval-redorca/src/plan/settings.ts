/**
 * Which defences a benchmark runs, at which strengths. Where strengths are tried, each method runs alone at all of them and as
 * configured; combinations wait until a strength of each method is selected. Where none are tried, all run as configured.
 */
import { type Stage, type StrengthValue, stages } from '@safe/tensor-core/contracts'
import type { Combination } from '../config/combinations'
import type { Bench } from './bench'
import {
  type Factors,
  type FineTune,
  type Strengths,
  stageFactors,
  stageKey,
  strengthsField,
} from './factors'
import type { LoadedChoice } from './methods'
import { loadedName } from './plugins'
import { placeOf } from './strengths'

// model ------------------------------------------------------------------------------------------

/** Defences of all stages, at strengths. */
export interface Setting {
  readonly factors: Readonly<Record<Stage, string>> & Pick<Factors, 'strengths'>
  /** A control, shown beside the methods. */
  readonly control: boolean
  /** Every method as configured: by default with the options of its paper. */
  readonly published: boolean
}

/** The strength selected for each method, by its name; undefined where none was tried. */
export type SelectedHere = (method: string) => StrengthValue | undefined
/** By aligned model and regime. */
export type Selected = (fineTune: FineTune) => SelectedHere

type Planned = Pick<Bench, 'config' | 'methods' | 'paths'>

// choices ----------------------------------------------------------------------------------------

const choicesAt = ({ methods }: Planned, stage: Stage, controls: boolean): ReadonlyArray<LoadedChoice> =>
  [...methods[stage].values()].filter((c) => c.control === controls)

/** All combinations of a choice, or none, per stage; later stages vary fastest. */
const allCombinations = (bench: Planned): ReadonlyArray<Combination> =>
  stages.reduce<ReadonlyArray<Combination>>(
    (partial, stage) =>
      partial.flatMap((c) => [
        c,
        ...choicesAt(bench, stage, false).map(({ name }): Combination => ({ ...c, [stage]: name })),
      ]),
    [{}],
  )

const wanted = (bench: Planned): ReadonlyArray<Combination> =>
  bench.config.combinations === 'all' ? allCombinations(bench) : [{}, ...bench.config.combinations]

const controls = (bench: Planned): ReadonlyArray<Combination> =>
  stages.flatMap((stage) => choicesAt(bench, stage, true).map(({ name }): Combination => ({ [stage]: name })))

const methodsIn = ({ methods }: Planned, combination: Combination): ReadonlyArray<string> =>
  stages.flatMap((stage) => {
    const name = combination[stage]
    return name === undefined ? [] : (methods[stage].get(name)?.methods ?? []).map(loadedName)
  })

/** The methods of a combination that have strengths. */
const sweptIn = (bench: Planned, combination: Combination): ReadonlyArray<string> =>
  methodsIn(bench, combination).filter((name) => bench.paths[name] !== undefined)

/** Several methods, some of which have strengths: it runs at those that are selected. */
const waits = (bench: Planned, combination: Combination): boolean =>
  methodsIn(bench, combination).length > 1 && sweptIn(bench, combination).length > 0

// settings ---------------------------------------------------------------------------------------

const at = (
  combination: Combination,
  strengths: Strengths,
  { control, published }: Pick<Setting, 'control' | 'published'>,
): Setting => ({
  factors: { ...stageFactors(combination), ...strengthsField(strengths) },
  control,
  published,
})

const keyOf = ({ factors }: Setting): string =>
  JSON.stringify(stages.map((stage) => stageKey(factors, stage)))

/**
 * Each once: the first of those that are the same, at the place of the last. A method alone then stands where the combinations without
 * the earlier stages do, so methods come in the order of their stages.
 */
const once = (settings: ReadonlyArray<Setting>): ReadonlyArray<Setting> =>
  [...new Map([...settings].reverse().map((setting) => [keyOf(setting), setting])).values()].reverse()

/** The choices of a combination, each alone. */
const parts = (combination: Combination): ReadonlyArray<Combination> =>
  stages.flatMap((stage) => (combination[stage] === undefined ? [] : [{ [stage]: combination[stage] }]))

const alone = (bench: Planned, combination: Combination, control: boolean): ReadonlyArray<Setting> => [
  ...sweptIn(bench, combination).flatMap((name) =>
    (bench.paths[name] ?? []).map((value) =>
      at(combination, { [name]: value }, { control, published: false }),
    ),
  ),
  at(combination, {}, { control, published: true }),
]

// constructors -----------------------------------------------------------------------------------

/** What can run before any strength is selected: of combinations that wait, the choices alone. */
export const firstSettings = (bench: Planned): ReadonlyArray<Setting> => {
  const ready = (c: Combination): boolean => !waits(bench, c)
  return once([
    ...wanted(bench)
      .flatMap((c) => (ready(c) ? [c] : parts(c).filter(ready)))
      .flatMap((c) => alone(bench, c, false)),
    ...controls(bench)
      .filter(ready)
      .flatMap((c) => alone(bench, c, true)),
  ])
}

const waiting = (
  bench: Planned,
): ReadonlyArray<{ readonly combination: Combination; readonly control: boolean }> =>
  [
    ...wanted(bench).map((combination) => ({ combination, control: false })),
    ...controls(bench).map((combination) => ({ combination, control: true })),
  ].filter(({ combination }) => waits(bench, combination))

const selectedStrengths = (bench: Planned, c: Combination, selected: SelectedHere): Strengths =>
  Object.fromEntries(
    sweptIn(bench, c).flatMap((name) => {
      const value = selected(name)
      return value === undefined ? [] : [[name, value] as const]
    }),
  )

/** The combinations of several methods, each at its selected strength. */
export const combinedSettings = (bench: Planned, selected: SelectedHere): ReadonlyArray<Setting> =>
  once(
    waiting(bench).map(({ combination, control }) =>
      at(combination, selectedStrengths(bench, combination, selected), { control, published: false }),
    ),
  )

/** Every such combination with one of its methods one step weaker, or one step stronger, the others as selected. */
export const neighbours = (bench: Planned, selected: SelectedHere): ReadonlyArray<Setting> =>
  once(
    waiting(bench)
      .filter(({ control }) => !control)
      .flatMap(({ combination, control }) => {
        const strengths = selectedStrengths(bench, combination, selected)
        return Object.entries(strengths).flatMap(([name, value]) => {
          const path = bench.paths[name] ?? []
          const place = placeOf(bench.paths, name, value)
          return [place - 1, place + 1].flatMap((i) => {
            const step = i < 0 ? undefined : path[i]
            return step === undefined
              ? []
              : [at(combination, { ...strengths, [name]: step }, { control, published: false })]
          })
        })
      }),
  )

/** The undefended model and every defence without controls, each at the strengths given: what attackers act against. */
export const attackedSettings = (bench: Planned, selected: SelectedHere): ReadonlyArray<Setting> =>
  once(
    [{}, ...wanted(bench).flatMap((c) => [...parts(c), c])].map((c) => {
      const strengths = selectedStrengths(bench, c, selected)
      return at(c, strengths, { control: false, published: Object.keys(strengths).length === 0 })
    }),
  )
