/** How a model did on every held-out row: what all measures of an experiment are computed from. */
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

/** How a row counts: `exact` where greedy decoding writes the whole response, `token` by the share of its tokens. */
export const accuracies = ['exact', 'token'] as const
/** The name of an accuracy. */
export type Accuracy = (typeof accuracies)[number]

const Values = t.readonlyArray(t.number, 'a list of numbers')

export const Outcomes = t.intersection([
  t.type({ tasks: t.readonlyArray(Values, 'a list per task') }),
  t.partial({ safety: Values }),
])
/**
 * From 0 to 1, one per row, in the rows' order. `tasks`: a list per held-out set; `safety`: 1 where the answer to a safety prompt was
 * safe.
 */
export type Outcomes = Readonly<t.TypeOf<typeof Outcomes>>

// constructors -----------------------------------------------------------------------------------

/** A row's value by whether each response token was the most probable one. */
export const rowValue =
  (accuracy: Accuracy) =>
  (correct: ReadonlyArray<boolean>): number => {
    const right = correct.filter(Boolean).length
    return accuracy === 'exact' ? Number(right === correct.length) : right / Math.max(1, correct.length)
  }
