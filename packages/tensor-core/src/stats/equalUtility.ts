/**
 * Which strength of a method to use: the safest at which the model keeps its use. A benchmark and a method's own tuning choose by this
 * one rule, so that both choose the same from the same numbers.
 *
 *   slack      the least of rate - (bare - allowed) over the bounds; bare is the undefended model's rate
 *   feasible   slack >= 0
 *   chosen     the feasible setting that does least harm; of equal ones the weaker
 *   best try   where none is feasible: the setting with the largest slack; of equal ones the weaker
 */

// model ------------------------------------------------------------------------------------------

/** What at least is wanted of a rate, as shares. Undefined: not measured. */
export interface UtilityBound {
  readonly rate: number | undefined
  /** The undefended model's rate on the same items. Without one there is no bound. */
  readonly bare: number | undefined
  /** What may be lost of it. */
  readonly allowed: number
}

/** How settings are read. */
export interface StrengthMeasures<A> {
  /** From 0 to 1: attack success, or the share of answers that are not safe. */
  readonly harm: (setting: A) => number
  readonly bounds: (setting: A) => ReadonlyArray<UtilityBound>
}

/** The setting to use, or the best try. */
export interface StrengthChoice<A> {
  readonly chosen: A
  /** Whether it keeps all bounds; else it is the best try. */
  readonly reachable: boolean
}

// constants --------------------------------------------------------------------------------------

/** What may be lost of the task where nothing else is said: 2 points. */
export const defaultEpsilon = 0.02

/** Rates are quotients of small numbers: a difference of exactly what is allowed must not fail by rounding. */
const rounding = 1e-9

// parts ------------------------------------------------------------------------------------------

const slackOf = ({ rate, bare, allowed }: UtilityBound): number =>
  bare === undefined ? Number.POSITIVE_INFINITY : (rate ?? 0) - (bare - allowed)

const leastSlack = (bounds: ReadonlyArray<UtilityBound>): number => Math.min(...bounds.map(slackOf))

/** The first of the smallest. */
const lowest = <A>(list: ReadonlyArray<A>, value: (a: A) => number): A | undefined =>
  list.reduce<A | undefined>(
    (best, a) => (best === undefined || value(a) < value(best) - rounding ? a : best),
    undefined,
  )

// constructors -----------------------------------------------------------------------------------

/** Whether all bounds are kept. */
export const keepsBounds = (bounds: ReadonlyArray<UtilityBound>): boolean => leastSlack(bounds) >= -rounding

/**
 * The strength to use.
 *
 * @param settings from weak to strong
 * @returns undefined where there are no settings
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { strengthWithinBounds } from '@safe/tensor-core/stats'
 *
 * const measures = {
 *   harm: ({ attack }: { attack: number }) => attack,
 *   bounds: ({ task }: { task: number }) => [{ rate: task, bare: 0.9, allowed: 0.02 }],
 * }
 * const weak = { attack: 0.5, task: 0.9 }
 * const strong = { attack: 0.1, task: 0.88 }
 * const tooStrong = { attack: 0, task: 0.5 }
 * assert.deepEqual(strengthWithinBounds([weak, strong, tooStrong], measures), { chosen: strong, reachable: true })
 * assert.deepEqual(strengthWithinBounds([tooStrong], measures), { chosen: tooStrong, reachable: false })
 * ```
 */
export const strengthWithinBounds = <A>(
  settings: ReadonlyArray<A>,
  { harm, bounds }: StrengthMeasures<A>,
): StrengthChoice<A> | undefined => {
  const feasible = settings.filter((a) => keepsBounds(bounds(a)))
  const chosen = lowest(feasible, harm) ?? lowest(settings, (a) => -leastSlack(bounds(a)))
  return chosen === undefined ? undefined : { chosen, reachable: feasible.length > 0 }
}
