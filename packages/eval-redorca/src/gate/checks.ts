/**
 * The checks of a gate: of every metric with a margin, over all of its items and over each named set where a configuration names
 * several, whether the candidate is worse than the baseline by more than the margin.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { BootstrapOptions } from '../stats'
import { type Comparison, comparisonOf } from './comparison'
import { type GatedName, gatedNames, kindName, turned } from './gated'
import { type Margins, degenerateMargin, givenMargin, wholeMargin } from './margins'
import type { Side } from './side'
import { type Worsening, verdictOf } from './worsening'

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
