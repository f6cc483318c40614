/**
 * What is decided about each row under a threshold.
 *
 * `dropped` where the rate is above phi, `indeterminate` where M1 never learned the row well enough for its rate to tell, else
 * `kept`. A score between 0 and 1 can fall by no more than itself, so a row with s1 <= phi cannot be dropped however completely
 * it is forgotten: that is the default rule, and it needs no constant. Log-probabilities (`nll`, `max-token`, recognised by
 * being negative) can fall without bound, so by default every such row can be judged. `minLearned` sets the bar by hand: rows
 * with s1 below it are indeterminate whatever their rate.
 */
import type { RatedRow } from '../rates/rates'

// model ------------------------------------------------------------------------------------------

export const decisions = ['kept', 'dropped', 'indeterminate'] as const
/** What is decided about a row. */
export type Decision = (typeof decisions)[number]

/** The threshold, and how well a row must have been learned for its rate to count. */
export interface DecisionRule {
  /** Null where the threshold abstained: then no row can be judged. */
  readonly phi: number | null
  readonly minLearned?: number
}

export const indeterminateChoices = ['keep', 'drop'] as const
/** What the caller does with rows that could not be judged. */
export type IndeterminateChoice = (typeof indeterminateChoices)[number]

/** How many rows got each decision. */
export type DecisionCounts = Readonly<Record<Decision, number>>

// constructors -----------------------------------------------------------------------------------

/** Whether scores are log-probabilities: only these are negative. */
export const isLogScale = (rows: ReadonlyArray<RatedRow>): boolean =>
  rows.some((row) => (row.s1 ?? 0) < 0 || (row.s2 ?? 0) < 0)

/** One decision per row, in order. */
export const decide = (rule: DecisionRule, rows: ReadonlyArray<RatedRow>): ReadonlyArray<Decision> => {
  const { phi, minLearned } = rule
  if (phi === null) return rows.map(() => 'indeterminate')
  const bounded = !isLogScale(rows)
  const learned = ({ s1 }: RatedRow): boolean =>
    s1 === null || (minLearned !== undefined ? s1 >= minLearned : !bounded || s1 > phi)
  return rows.map((row) =>
    row.rate === null || (minLearned !== undefined && !learned(row))
      ? 'indeterminate'
      : row.rate > phi
        ? 'dropped'
        : learned(row)
          ? 'kept'
          : 'indeterminate',
  )
}

// destructors ------------------------------------------------------------------------------------

/** Counts decisions; kinds that do not occur are 0. */
export const countDecisions = (made: ReadonlyArray<Decision>): DecisionCounts => ({
  kept: made.filter((d) => d === 'kept').length,
  dropped: made.filter((d) => d === 'dropped').length,
  indeterminate: made.filter((d) => d === 'indeterminate').length,
})

/** Whether a row stays in the data. */
export const stays =
  (indeterminate: IndeterminateChoice) =>
  (decision: Decision): boolean =>
    decision === 'kept' || (decision === 'indeterminate' && indeterminate === 'keep')
