/**
 * The checks of a gate: of every metric with a margin, over all of its items and over each named set where a configuration names
 * several, whether the candidate is worse than the baseline by more than the margin.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { metricsOf, outcomesOf } from '../results/metrics'
import type { Outcomes } from '../results/resampled'
import type { BootstrapOptions } from '../stats'
import type { Sample } from '../suite/samples'
import { type GatedName, gated, gatedNames, kindName, turned } from './gated'
import { type Margins, degenerateMargin, givenMargin, wholeMargin } from './margins'
import type { Side } from './side'
import type { StatedRates } from './statedRates'
import {
  type Pair,
  type StatedRate,
  type Worsening,
  pairedWorsening,
  unpairedWorsening,
  verdictOf,
} from './worsening'

// model ------------------------------------------------------------------------------------------

/** One check. Rates are those of the metric, the worsening is above 0 where the candidate is worse, whichever direction that is. */
export interface Check extends Omit<Worsening, 'baseline' | 'candidate'> {
  readonly metric: GatedName
  /** The kind of its items, or the name of a set. */
  readonly set: string
  readonly baseline: number | null
  readonly candidate: number | null
  readonly margin: number
  /** Null: the items do not decide. */
  readonly passed: boolean | null
}

/** What a gate found. */
export interface Checked {
  /** False where a check is refused, else null where one is undecided. */
  readonly passed: boolean | null
  readonly checks: ReadonlyArray<Check>
  /** Default metrics that could not be checked, and why. */
  readonly unchecked: ReadonlyArray<string>
}

// items ------------------------------------------------------------------------------------------

const sourced = t.type({ source: t.string })

const sourceOf = (sample: Sample): string | undefined => (sourced.is(sample) ? sample.source : undefined)

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
type Measure = (metric: GatedName, set: string | undefined) => Worsening | undefined

/** What a gate can measure of two sides. */
interface Comparison {
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
      return mine === undefined || other === undefined
        ? undefined
        : unpairedWorsening(badRate(metric, mine), badRate(metric, other))
    },
    named: () => [],
    known: () => [],
    missing: (metric) => `${metric}: one of the two states no such rate`,
  }
}

const comparisonOf = (baseline: Side, candidate: Side, options: BootstrapOptions): Comparison =>
  baseline.measured.kind === 'answers' && candidate.measured.kind === 'answers'
    ? ofAnswers(baseline.measured.samples, candidate.measured.samples, candidate, options)
    : ofRates(baseline, candidate)

// checks -----------------------------------------------------------------------------------------

const checkOf = (metric: GatedName, set: string, margin: number, w: Worsening): Check => {
  const shown = (share: number | null): number | null => (share === null ? null : turned(metric, share))
  return {
    ...w,
    ...{ metric, set, margin },
    baseline: shown(w.baseline),
    candidate: shown(w.candidate),
    passed: verdictOf(w, margin),
  }
}

/** The checks of one metric, the whole first; left where one was asked for that cannot be made. */
const checksOf = (
  { measure, named, known, missing }: Comparison,
  margins: Margins,
  metric: GatedName,
): E.Either<Fault, Pick<Checked, 'checks' | 'unchecked'>> => {
  const margin = wholeMargin(margins, metric)
  const asked = margins.flatMap(({ metric: of, set, value }) =>
    of === metric && set !== undefined ? [{ set, value }] : [],
  )
  const whole = measure(metric, undefined)
  const unknown = asked.find(({ set }) => !known(metric).includes(set))
  if (whole === undefined)
    return asked.length === 0 && givenMargin(margins, metric)?.value == null
      ? E.right({ checks: [], unchecked: margin == null ? [] : [missing(metric)] })
      : E.left(badInput('BadOption', missing(metric), { field: 'margin', remedy: 'leave it out' }))
  if (unknown !== undefined)
    return E.left(
      badInput('BadOption', `names ${metric}:${unknown.set}, and there is no such set`, {
        field: 'margin',
        remedy:
          known(metric).length === 0
            ? 'name no set: the items have none'
            : `name ${known(metric).join(', ')}`,
      }),
    )
  const sets = [...new Set([...(margin == null ? [] : named(metric)), ...asked.map(({ set }) => set)])]
  return E.right({
    checks: [
      ...(margin == null ? [] : [checkOf(metric, kindName(metric), margin, whole)]),
      ...sets.flatMap((set) => {
        const own = givenMargin(margins, metric, set)
        const value = own === undefined ? margin : own.value
        const found = value == null ? undefined : measure(metric, set)
        return value == null || found === undefined ? [] : [checkOf(metric, set, value, found)]
      }),
    ],
    unchecked: [],
  })
}

/** Degenerate answers without a margin given: checked where they rose. */
const degenerateChecks = ({ measure }: Comparison, margins: Margins): ReadonlyArray<Check> => {
  const found =
    givenMargin(margins, 'degenerate') === undefined ? measure('degenerate', undefined) : undefined
  return found?.difference == null || found.difference <= 0
    ? []
    : [checkOf('degenerate', kindName('degenerate'), degenerateMargin, found)]
}

const verdictOver = (checks: ReadonlyArray<Check>): boolean | null =>
  checks.some(({ passed }) => passed === false)
    ? false
    : checks.some(({ passed }) => passed === null)
      ? null
      : true

// constructors -----------------------------------------------------------------------------------

/**
 * Every check of two comparable sides. A refused check outranks undecided ones.
 *
 * @returns left: a margin for a metric or a set that there is not, or nothing to check
 */
export const checked = (
  baseline: Side,
  candidate: Side,
  margins: Margins,
  options: BootstrapOptions = {},
): E.Either<Fault, Checked> => {
  const comparison = comparisonOf(baseline, candidate, options)
  return pipe(
    gatedNames,
    E.traverseArray((metric) => checksOf(comparison, margins, metric)),
    E.map((parts) => ({
      checks: [...parts.flatMap((part) => part.checks), ...degenerateChecks(comparison, margins)],
      unchecked: parts.flatMap((part) => part.unchecked),
    })),
    E.filterOrElse(
      ({ checks }) => checks.length > 0,
      ({ unchecked }): Fault =>
        badInput('NothingToCheck', `nothing can be checked${unchecked.map((why) => `; ${why}`).join('')}`, {
          where: candidate.path,
          remedy: 'give margins for metrics that both have',
        }),
    ),
    E.map((parts) => ({ ...parts, passed: verdictOver(parts.checks) })),
  )
}
