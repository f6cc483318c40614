/**
 * The effects of methods and the interactions of two methods, over the lattice of combinations.
 *
 * The effect of a method is the mean change it brings over all combinations of the other stages in which it can be switched on
 * and off. Two methods are compared with the sum of what each does alone, all other stages off: more than the sum is synergy,
 * less is overlap.
 *
 * A rate near 0 or 1 cannot move further: a contrast with a cell there says how much room there was, not what the methods do. Such
 * contrasts are marked (`bound`) and not stated.
 */
import type { Lazy } from 'fp-ts/function'
import * as RA from 'fp-ts/ReadonlyArray'
import { type Stage, stages } from '@safe/tensor-core/contracts'
import type { Estimate } from '../stats'
import {
  type Factors,
  type FineTune,
  fineTuneOf,
  groupKey,
  isDefended,
  undefended,
  without,
} from '../plan/factors'
import { type MetricName, type Metrics, metricOf } from './metrics'
import { type Measure, type Outcomes, type Statistic, estimates } from './resampled'

// model ------------------------------------------------------------------------------------------

/** Metrics for which effects are shown, and the direction that is better. */
export const effectMetrics = [
  { metric: 'attackSuccess', better: -1 },
  { metric: 'overRefusal', better: -1 },
  { metric: 'exactMatch', better: 1 },
  { metric: 'sut', better: 1 },
] as const satisfies ReadonlyArray<{ readonly metric: MetricName; readonly better: 1 | -1 }>
type EffectMetric = (typeof effectMetrics)[number]['metric']

/** A rate this near to 0 or 1 is at a floor or a ceiling. */
const edge = 0.02

/** Where a cell of a contrast sits: at 0, or at 1. */
export type Bound = 'floor' | 'ceiling'

/** The change when a method is switched on, averaged over the other stages. */
export interface Effect extends FineTune {
  readonly stage: Stage
  readonly method: string
  readonly metric: EffectMetric
  /** The number of combinations of the other stages. */
  readonly contexts: number
  /** Mean change of the metric when the method is switched on. */
  readonly change: Estimate
  /** Some cell of the contrast is at a floor or ceiling of the metric, so the change is not stated. */
  readonly bound?: Bound
}

/** The joint effect of two methods beyond the sum of their single effects. */
export interface Interaction extends FineTune {
  readonly first: { readonly stage: Stage; readonly method: string }
  readonly second: { readonly stage: Stage; readonly method: string }
  readonly metric: EffectMetric
  /** Gains are improvements relative to no defence. */
  readonly gainFirst: number
  readonly gainSecond: number
  readonly gainBoth: number
  /** gainBoth - gainFirst - gainSecond */
  readonly beyondSum: Estimate
  /** Some cell of the contrast is at a floor or ceiling of the metric, so it is not stated. */
  readonly bound?: Bound
}

export interface Lattice extends FineTune {
  readonly groups: ReadonlyArray<{
    readonly key: string
    readonly factors: Factors
    readonly metrics: Metrics
    readonly seeds: number
    readonly outcomes: Lazy<ReadonlyArray<Outcomes>>
  }>
}

// parts ------------------------------------------------------------------------------------------

const outcomesIn = (lattice: Lattice): ReadonlyMap<string, ReadonlyArray<Outcomes>> =>
  new Map(lattice.groups.map((g) => [g.key, g.outcomes()]))

const methodsIn = (lattice: Lattice): ReadonlyArray<{ readonly stage: Stage; readonly method: string }> =>
  stages.flatMap((stage) =>
    [
      ...new Set(
        lattice.groups
          .map((g) => g.factors)
          .filter((f) => isDefended(f, stage))
          .map((f) => f[stage]),
      ),
    ].map((method) => ({ stage, method })),
  )

const mean = (values: ReadonlyArray<number>): number => values.reduce((s, v) => s + v, 0) / values.length

const sizeIn = (lattice: Lattice, metric: EffectMetric): number =>
  Math.max(0, ...lattice.groups.map((g) => g.metrics[metric]?.n ?? 0))

const boundOf = (lattice: Lattice, metric: EffectMetric, keys: ReadonlyArray<string>): { bound?: Bound } => {
  const values = lattice.groups.flatMap(({ key, metrics }) =>
    keys.includes(key) ? (metrics[metric]?.value ?? []) : [],
  )
  return values.some((v) => v <= edge)
    ? { bound: 'floor' }
    : values.some((v) => v >= 1 - edge)
      ? { bound: 'ceiling' }
      : {}
}

/** Only groups that have all seeds can be compared. */
const withAllSeeds = (lattice: Lattice): Lattice => {
  const seeds = Math.max(0, ...lattice.groups.map((g) => g.seeds))
  return { ...lattice, groups: lattice.groups.filter((g) => g.seeds === seeds) }
}

// constructors -----------------------------------------------------------------------------------

export const effectsOf = (given: Lattice): ReadonlyArray<Effect> => {
  const lattice = withAllSeeds(given)
  const present = new Set(lattice.groups.map((g) => g.key))
  const wanted = methodsIn(lattice).flatMap(({ stage, method }) => {
    const pairs = lattice.groups
      .filter((g) => g.factors[stage] === method)
      .map((g) => ({ on: g.key, off: groupKey(without(g.factors, stage)) }))
      .filter(({ off }) => present.has(off))
    return pairs.length === 0
      ? []
      : effectMetrics
          .filter(({ metric }) => sizeIn(lattice, metric) > 0)
          .map(({ metric }) => ({ stage, method, metric, pairs }))
  })
  if (wanted.length === 0) return []
  const found = estimates(
    outcomesIn(lattice),
    wanted.map(({ metric, pairs }) => {
      const each = pairs.map(({ on, off }) => ({
        with: metricOf(metric, on),
        without: metricOf(metric, off),
      }))
      return (m: Measure) => mean(each.map((of) => of.with(m) - of.without(m)))
    }),
  )
  return RA.zipWith(wanted, found, ({ stage, method, metric, pairs }, change) => ({
    ...fineTuneOf(lattice),
    stage,
    method,
    metric,
    contexts: pairs.length,
    change: { ...change, n: sizeIn(lattice, metric) },
    ...boundOf(
      lattice,
      metric,
      pairs.flatMap(({ on, off }) => [on, off]),
    ),
  }))
}

export const interactionsOf = (given: Lattice): ReadonlyArray<Interaction> => {
  const lattice = withAllSeeds(given)
  const present = new Set(lattice.groups.map((g) => g.key))
  const methods = methodsIn(lattice)
  const keyOf = (f: Readonly<Partial<Record<Stage, string>>>): string =>
    groupKey({ model: 'aligned', ...fineTuneOf(lattice), seed: 0, ...undefended, ...f })
  const wanted = methods.flatMap((first) =>
    methods
      .filter((second) => stages.indexOf(second.stage) > stages.indexOf(first.stage))
      .flatMap((second) => {
        const keys = {
          none: keyOf({}),
          first: keyOf({ [first.stage]: first.method }),
          second: keyOf({ [second.stage]: second.method }),
          both: keyOf({ [first.stage]: first.method, [second.stage]: second.method }),
        }
        return Object.values(keys).every((key) => present.has(key))
          ? effectMetrics
              .filter(({ metric }) => sizeIn(lattice, metric) > 0)
              .map(({ metric, better }) => ({ first, second, metric, better, keys }))
          : []
      }),
  )
  if (wanted.length === 0) return []
  const found = estimates(
    outcomesIn(lattice),
    wanted.flatMap(({ metric, better, keys }) => {
      const none = metricOf(metric, keys.none)
      const gain = (key: string): Statistic => {
        const of = metricOf(metric, key)
        return (m) => better * (of(m) - none(m))
      }
      const [first, second, both] = [gain(keys.first), gain(keys.second), gain(keys.both)]
      return [first, second, both, (m: Measure) => both(m) - first(m) - second(m)]
    }),
  )
  return RA.zip(wanted, RA.chunksOf(4)(found)).flatMap(
    ([{ first, second, metric, keys }, [a, b, both, beyond]]) =>
      b === undefined || both === undefined || beyond === undefined
        ? []
        : [
            {
              ...fineTuneOf(lattice),
              first,
              second,
              metric,
              gainFirst: a.value,
              gainSecond: b.value,
              gainBoth: both.value,
              beyondSum: { ...beyond, n: sizeIn(lattice, metric) },
              ...boundOf(lattice, metric, Object.values(keys)),
            },
          ],
  )
}
