/** The result of a filter, row by row: rates, the threshold and its reason, decisions; with labels, how good it was. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import {
  type Decision,
  type DecisionCounts,
  type IndeterminateChoice,
  countDecisions,
  decide,
  stays,
} from './decisions'
import { type Quality, filterQuality } from './quality'
import { type Named, type RateError, type RatedRow, alignById } from '../rates/rates'
import { type Threshold, type ThresholdChoice, chooseThreshold } from '../thresholds/threshold'

// model ------------------------------------------------------------------------------------------

export const abstentionChoices = ['keep', 'fail'] as const
/** What the caller does where no threshold was found. */
export type AbstentionChoice = (typeof abstentionChoices)[number]

/** How rates become decisions. */
export interface FilterRule {
  readonly threshold: ThresholdChoice
  /** Rows with s1 below it are indeterminate; without it, rows with s1 <= phi are (see decisions.ts). */
  readonly minLearned?: number
  readonly indeterminate: IndeterminateChoice
  /**
   * Default: `fail` with `otsu`, which finds no split only where the rates themselves are unusable; `keep` with the methods that
   * test whether rows were forgotten, where no threshold is an answer: all rows stay.
   */
  readonly onAbstain?: AbstentionChoice
}

/** A filter's result in full: every row's rate and decision, and the threshold behind them. */
export interface Audit {
  readonly rates: ReadonlyArray<RatedRow>
  readonly threshold: Threshold
  /** One per rate, in order. */
  readonly decisions: ReadonlyArray<Decision>
  readonly counts: DecisionCounts
}

/** No threshold was found, so no row can be judged. */
export type Abstained = Fault<'Abstained'>

// constructors -----------------------------------------------------------------------------------

/** Applies a rule to rates; pure. @param canaries rates of trusted benign rows that are not among the rates */
export const auditRates = (
  rule: FilterRule,
  rates: ReadonlyArray<RatedRow>,
  canaries: ReadonlyArray<RatedRow> = [],
): Audit => {
  const threshold = chooseThreshold(rule.threshold, rates, canaries)
  const made = decide(
    { phi: threshold.phi, ...(rule.minLearned === undefined ? {} : { minLearned: rule.minLearned }) },
    rates,
  )
  return { rates, threshold, decisions: made, counts: countDecisions(made) }
}

// destructors ------------------------------------------------------------------------------------

/** @returns left `Abstained` where the method found no threshold. */
export const settled = (audit: Audit): E.Either<Abstained, Audit> =>
  audit.threshold.abstained
    ? E.left(
        failure('Abstained', `no threshold by ${audit.threshold.method}: ${audit.threshold.reason}`, {
          remedy: 'look at the rates and give a fixed phi',
        }),
      )
    : E.right(audit)

/** What abstaining means under a rule. */
export const abstentionOf = ({ onAbstain, threshold }: FilterRule): AbstentionChoice =>
  onAbstain ?? (threshold.method === 'otsu' ? 'fail' : 'keep')

/** @returns left `Abstained` where the method found no threshold and the rule says that this is a failure */
export const accepted = (rule: FilterRule, audit: Audit): E.Either<Abstained, Audit> =>
  abstentionOf(rule) === 'fail' ? settled(audit) : E.right(audit)

/** Ids of the rows that stay; all of them where there is no threshold. */
export const keptIds = (rule: FilterRule, audit: Audit): ReadonlySet<string> => {
  const keep = stays(audit.threshold.abstained ? 'keep' : rule.indeterminate)
  return new Set(
    audit.rates.flatMap(({ id }, i) => (keep(audit.decisions[i] ?? 'indeterminate') ? [id] : [])),
  )
}

/** The filter against labels; what depends on the threshold is null where there is none. Rows without a rate are ignored. */
export const auditQuality = (
  rule: FilterRule,
  audit: Audit,
  rates: Named<RatedRow>,
  labels: Named<{ readonly id: string; readonly unsafe: boolean }>,
  seed: number,
): E.Either<RateError, Quality> => {
  const keep = stays(rule.indeterminate)
  return pipe(
    alignById(rates, labels),
    E.map((pairs) =>
      filterQuality(
        pairs.flatMap(([{ rate }, { unsafe }], i) =>
          rate === null ? [] : [{ rate, unsafe, removed: !keep(audit.decisions[i] ?? 'indeterminate') }],
        ),
        seed,
      ),
    ),
    E.map((quality) =>
      audit.threshold.abstained
        ? {
            ...quality,
            precision: null,
            recall: null,
            f1: null,
            intervals: { ...quality.intervals, precision: null, recall: null, f1: null },
          }
        : quality,
    ),
  )
}
