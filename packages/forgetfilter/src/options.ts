/**
 * The options of ForgetFilter and of its control, each described once: type, default with its source, decoder, flag of the command
 * line and key of a benchmark's configuration all come from these tables.
 */
import {
  type Parser,
  type Values,
  choice,
  count,
  insteadOf,
  number,
  optional,
  positive,
  withDefault,
} from '@safe/tensor-core/options'
import { type FilterRule, abstentionChoices } from './audit/audit'
import { DEFAULT_ALPHA, PAPER, PAPER_PHI, PAPER_SAFE_STEPS } from './defaults'
import { indeterminateChoices } from './audit/decisions'
import { references } from './rates/reference'
import { signals } from './rates/signals'
import { type ThresholdChoice, estimatedThresholds } from './thresholds/threshold'

// parsers ----------------------------------------------------------------------------------------

/** `method: null` of a YAML file is no text: it means the method of that name. */
const spelledNull = <A>(parser: Parser<A>): Parser<A> => ({
  ...parser,
  decode: (u) => parser.decode(u === null ? 'null' : u),
})

// tables -----------------------------------------------------------------------------------------

/** Which rows are dropped, given their rates. */
export const filterOptions = {
  phi: withDefault(PAPER_PHI, number('rows with a larger rate are dropped'), `${PAPER}, section 5`),
  method: insteadOf(
    'phi',
    spelledNull(choice('how the threshold is estimated, instead of a given `phi`', estimatedThresholds)),
  ),
  alpha: optional(
    number(
      `share of the benign rows that \`method\` null may lose, or auto where canaries do not show that rows were forgotten (default: ${DEFAULT_ALPHA})`,
      { min: 0, max: 0.5, exclusiveMin: true },
    ),
  ),
  minLearned: optional(
    number(
      'rows with s1 below it are indeterminate (default: those with s1 <= `phi`, which no rate could drop)',
    ),
  ),
  indeterminate: withDefault('keep', choice('what is done with indeterminate rows', indeterminateChoices)),
  onAbstain: optional(
    choice(
      'what is done where no threshold is found: keep all rows, or fail (default: fail with otsu, else keep)',
      abstentionChoices,
    ),
  ),
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
  reference: optional(
    choice(
      'what completions are compared with by `signal` rouge: the response of the row, or the completion of M1 (default: ground-truth)',
      references,
    ),
  ),
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

const thresholdOf = ({ phi, method, alpha }: FilterOptions): ThresholdChoice =>
  method === undefined
    ? { method: 'fixed', phi }
    : method === 'null' || method === 'auto'
      ? { method, ...(alpha === undefined ? {} : { alpha }) }
      : { method }

/** The rule that options stand for. */
export const filterRuleOf = (options: FilterOptions): FilterRule => ({
  threshold: thresholdOf(options),
  indeterminate: options.indeterminate,
  ...(options.minLearned === undefined ? {} : { minLearned: options.minLearned }),
  ...(options.onAbstain === undefined ? {} : { onAbstain: options.onAbstain }),
})
