/** What can be measured of two sides: the worsening of each metric, over all of its items or over a named set. */
import { sourceOf } from '../results/comparisons'
import { metricsOf, outcomesOf } from '../results/metrics'
import type { Outcomes } from '../results/resampled'
import type { BootstrapOptions } from '../stats'
import type { Sample } from '../suite/samples'
import { type GatedName, gated, kindName, turned } from './gated'
import type { Side } from './side'
import type { StatedRates } from './statedRates'
import {
  type Pair,
  type StatedRate,
  type Worsening,
  pairedWorsening,
  unknownWorsening,
  unpairedWorsening,
} from './worsening'

// items ------------------------------------------------------------------------------------------

/** The items of a metric. */
const itemsOf = (metric: GatedName, samples: ReadonlyArray<Sample>): ReadonlyArray<Sample> => {
  const { over } = gated[metric]
  return samples.filter(({ set }) => (over === undefined ? set !== 'task' : set === over))
}

/** The sets that a configuration names: it puts the name into the ids of their items. */
const namedSets = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> => [
  ...new Set(
    samples.flatMap((sample) => {
      const source = sourceOf(sample)
      return source !== undefined && sample.id.startsWith(`${sample.set}-${source}/`) ? [source] : []
    }),
  ),
]

const allSources = (samples: ReadonlyArray<Sample>): ReadonlyArray<string> => [
  ...new Set(samples.flatMap((sample) => sourceOf(sample) ?? [])),
]

// measuring --------------------------------------------------------------------------------------

/** The worsening of one metric over a named set, or over all of its items; undefined where there are none. */
export type Measure = (metric: GatedName, set: string | undefined) => Worsening | undefined

/** What a gate can measure of two sides. */
export interface Comparison {
  readonly measure: Measure
  /** Names of sets that are checked without being asked for, where there are several. */
  readonly named: (metric: GatedName) => ReadonlyArray<string>
  /** All names that can be asked for. */
  readonly known: (metric: GatedName) => ReadonlyArray<string>
  /** Why a metric has no items. */
  readonly missing: (metric: GatedName) => string
}

const silent = (metric: GatedName, judge: string): string =>
  `${metric}: ${judge} does not speak of what it needs`

const ofAnswers = (
  ours: ReadonlyArray<Sample>,
  theirs: ReadonlyArray<Sample>,
  { judge }: Side,
  options: BootstrapOptions,
): Comparison => {
  const [a, b]: readonly [Outcomes, Outcomes] = [outcomesOf(ours, judge), outcomesOf(theirs, judge)]
  const cluster = new Map(
    [...theirs, ...ours].flatMap((s) => (s.cluster === undefined ? [] : [[s.id, s.cluster]])),
  )
  const pairsOf: (metric: GatedName, set: string | undefined) => ReadonlyArray<Pair> = (metric, set) => {
    const { rate } = gated[metric]
    const bad = (value: number | undefined): number | null =>
      value === undefined || Number.isNaN(value) ? null : turned(metric, value)
    return itemsOf(metric, ours).flatMap((sample) => {
      const [mine, other] = [a[rate]?.get(sample.id), b[rate]?.get(sample.id)]
      return (set !== undefined && sourceOf(sample) !== set) || (mine === undefined && other === undefined)
        ? []
        : [
            {
              cluster: cluster.get(sample.id) ?? sample.id,
              baseline: bad(mine?.value),
              candidate: bad(other?.value),
            },
          ]
    })
  }
  return {
    measure: (metric, set) => {
      const pairs = pairsOf(metric, set)
      return pairs.length === 0 ? undefined : pairedWorsening(pairs, options)
    },
    named: (metric) => {
      const names = gated[metric].over === undefined ? [] : namedSets(itemsOf(metric, ours))
      return names.length < 2 ? [] : names
    },
    known: (metric) => allSources(itemsOf(metric, ours)),
    missing: (metric) =>
      itemsOf(metric, ours).length === 0
        ? `${metric}: the suite has no ${kindName(metric)} items`
        : silent(metric, judge.id),
  }
}

const badRate = (metric: GatedName, { value, low, high, ...rest }: StatedRate): StatedRate => {
  const [one, other] = [turned(metric, low), turned(metric, high)]
  return { ...rest, value: turned(metric, value), low: Math.min(one, other), high: Math.max(one, other) }
}

/** The rates that a side states; those of its answers where the other side has none. */
const ratesOf = ({ measured, judge }: Side): StatedRates =>
  measured.kind === 'rates' ? measured.rates : metricsOf(measured.samples, judge)

const ofRates = (baseline: Side, candidate: Side): Comparison => {
  const [a, b] = [ratesOf(baseline), ratesOf(candidate)]
  return {
    measure: (metric) => {
      const { rate } = gated[metric]
      const [mine, other] = [a[rate], b[rate]]
      if (mine !== undefined && other !== undefined)
        return unpairedWorsening(badRate(metric, mine), badRate(metric, other))
      const stated = mine ?? other
      return stated === undefined ? undefined : unknownWorsening(stated)
    },
    named: () => [],
    known: () => [],
    missing: (metric) => `${metric}: neither of the two states such a rate`,
  }
}

/** What can be measured: item by item where both sides have their answers, else from their rates. */
export const comparisonOf = (baseline: Side, candidate: Side, options: BootstrapOptions): Comparison =>
  baseline.measured.kind === 'answers' && candidate.measured.kind === 'answers'
    ? ofAnswers(baseline.measured.samples, candidate.measured.samples, candidate, options)
    : ofRates(baseline, candidate)
