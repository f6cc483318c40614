/**
 * The options of ForgetFilter and of its control, each described once: type, default with its source, decoder, flag of the command
 * line and key of a benchmark's configuration all come from these tables.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import {
  type Values,
  choice,
  decodeOptions,
  integer,
  number,
  optional,
  required,
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
  phi: {
    ...optional(
      number(`rows with a larger rate are dropped (default: ${PAPER_PHI} unless a method is given)`),
    ),
    source: `${PAPER}, section 5`,
  },
  method: optional(choice('how the threshold is estimated, in place of phi', estimatedThresholds)),
  minLearned: optional(
    number(
      'rows with s1 below it are indeterminate (default: those with s1 <= phi, which no rate could drop)',
    ),
  ),
  indeterminate: withDefault('keep', choice('what is done with indeterminate rows', indeterminateChoices)),
}

/** Everything that decides what ForgetFilter keeps, beside the models and the data. */
export const forgetFilterOptions = {
  signal: withDefault(
    'rouge',
    choice('how well a model knows a row is measured by', signals),
    `${PAPER}, section 4.1`,
  ),
  ...filterOptions,
  steps: withDefault(
    PAPER_SAFE_STEPS,
    integer('optimizer steps on the safe rows', { min: 1 }),
    `${PAPER}, section 5.2`,
  ),
  lr: optional(
    number('learning rate on the safe rows (default: that on the noisy rows)', {
      min: 0,
      exclusiveMin: true,
    }),
  ),
}

/** The control that drops rows at random. */
export const randomDropOptions = {
  share: required(number('share of the rows that is dropped', { min: 0, max: 1 })),
}

/** Complete options of the rule that turns rates into decisions. */
export type FilterOptions = Values<typeof filterOptions>
/** Complete options of ForgetFilter. */
export type ForgetFilterSettings = Values<typeof forgetFilterOptions>
/** Options of ForgetFilter; what is left out is the paper's. */
export type ForgetFilterOptions = Partial<ForgetFilterSettings>
/** Options of the random control. */
export type RandomDropOptions = Values<typeof randomDropOptions>

// checks -----------------------------------------------------------------------------------------

/** The options with their threshold decided: without a method, phi is the paper's. Left where both are given. */
export const thresholdDecided = <A extends Pick<FilterOptions, 'phi' | 'method'>>(
  options: A,
): E.Either<InputError, A> =>
  options.method === undefined
    ? E.right({ ...options, phi: options.phi ?? PAPER_PHI })
    : options.phi === undefined
      ? E.right(options)
      : E.left(
          badInput('BadOption', 'and method exclude each other', {
            field: 'phi',
            remedy: 'give one of them',
          }),
        )

/** Options with every default filled in; left `BadOption` names the field at fault. */
export const forgetFilterSettings = (
  options: ForgetFilterOptions,
): E.Either<InputError, ForgetFilterSettings> =>
  pipe(decodeOptions(forgetFilterOptions, options), E.chain(thresholdDecided))

// destructors ------------------------------------------------------------------------------------

/** The rule that options stand for. Left where both phi and a method are given. */
export const filterRuleOf = (options: FilterOptions): E.Either<InputError, FilterRule> =>
  pipe(
    thresholdDecided(options),
    E.map(({ phi, method, minLearned, indeterminate }) => ({
      threshold: method === undefined ? { method: 'fixed', phi: phi ?? PAPER_PHI } : { method },
      indeterminate,
      ...(minLearned === undefined ? {} : { minLearned }),
    })),
  )
