/**
 * The options of ForgetFilter and of its control, each described once: type, default with its source, decoder, flag of the command
 * line and key of a benchmark's configuration all come from these tables.
 */
import {
  type Values,
  choice,
  count,
  insteadOf,
  number,
  optional,
  positive,
  withDefault,
} from '@safe/tensor-core/options'
import type { FilterRule } from './audit'
import { PAPER, PAPER_PHI, PAPER_SAFE_STEPS } from './defaults'
import { indeterminateChoices } from './decisions'
import { signals } from './signals'
import { estimatedThresholds } from './threshold'

// tables -----------------------------------------------------------------------------------------

/** Which rows are dropped, given their rates. */
export const filterOptions = {
  phi: withDefault(PAPER_PHI, number('rows with a larger rate are dropped'), `${PAPER}, section 5`),
  method: insteadOf(
    'phi',
    choice('how the threshold is estimated, instead of a given `phi`', estimatedThresholds),
  ),
  minLearned: optional(
    number(
      'rows with s1 below it are indeterminate (default: those with s1 <= `phi`, which no rate could drop)',
    ),
  ),
  indeterminate: withDefault('keep', choice('what is done with indeterminate rows', indeterminateChoices)),
}

/** Everything that decides what ForgetFilter keeps, beside the models and the data. */
export const forgetFilterOptions = {
  signal: withDefault(
    'rouge',
    choice('the measure of how well a model knows a row', signals),
    `${PAPER}, section 4.1`,
  ),
  ...filterOptions,
  steps: withDefault(PAPER_SAFE_STEPS, count('optimizer steps on the safe rows'), `${PAPER}, section 5.2`),
  lr: optional(positive('learning rate on the safe rows (default: that on the noisy rows)')),
}

/** The control that drops rows at random. */
export const randomDropOptions = {
  share: optional(
    number(
      'share of the rows that is dropped (default: as many as the filter drops that it is the control of)',
      {
        min: 0,
        max: 1,
      },
    ),
  ),
}

/** The options of the rule that turns rates into decisions. */
export type FilterOptions = Values<typeof filterOptions>
/** All options of ForgetFilter, with values. */
export type ForgetFilterOptions = Values<typeof forgetFilterOptions>
/** The options of the random control. */
export type RandomDropOptions = Values<typeof randomDropOptions>

// destructors ------------------------------------------------------------------------------------

/** The rule that options stand for. */
export const filterRuleOf = ({ phi, method, minLearned, indeterminate }: FilterOptions): FilterRule => ({
  threshold: method === undefined ? { method: 'fixed', phi } : { method },
  indeterminate,
  ...(minLearned === undefined ? {} : { minLearned }),
})
