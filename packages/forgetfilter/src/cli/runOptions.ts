/** The options of `forgetfilter run`, and conditions on several of them together. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import {
  type Values,
  dataFile,
  folder,
  integer,
  modelFolder,
  optional,
  recipeOptions,
  required,
  resumeOption,
  rowOptions,
  withDefault,
} from '@safe/tensor-core/cli'
import { type InputError, badInput } from '@safe/tensor-core/contracts'
import type { FilterRule } from '../audit/audit'
import { checkForgetFilter } from '../checkOptions'
import { type FilterOptions, filterOptions, filterRuleOf, forgetFilterOptions } from '../options'
import { checkCanaries } from './canaryFile'
import { keptRowsOptions } from './keptRows'
import { presetOption } from './preset'

// options ----------------------------------------------------------------------------------------

/** `--alpha` of a command that trains is the adapter's. */
const { alpha: nullAlpha, ...thresholdOptions } = filterOptions

/** How the threshold is found by commands that train. */
export const trainedFilterOptions = { ...thresholdOptions, nullAlpha }

/** What is trained and run, and how well a model knows a row: options of all commands that train. */
export const trainingOptions = {
  model: required(modelFolder('the aligned model, a Hugging Face folder')),
  safe: required(dataFile('trusted safe rows')),
  ...presetOption,
  signal: forgetFilterOptions.signal,
  reference: forgetFilterOptions.reference,
  /** The method's `lr`: `--lr` is the noisy phase's. */
  safeLr: forgetFilterOptions.lr,
  maxNewTokens: optional(
    integer('longest completion, in tokens (rouge; default: that of the longest response)', { min: 1 }),
  ),
  work: optional(
    folder('where intermediate results are kept (default: beside --out, with .work at its end)'),
  ),
  checkpointEvery: withDefault(100, integer('optimizer steps between checkpoints', { min: 1 })),
  ...recipeOptions,
  ...rowOptions,
  ...resumeOption,
}

export const runOptions = {
  ...trainingOptions,
  noisy: required(dataFile('the data to filter')),
  canaries: optional(
    dataFile(
      'trusted benign rows, mixed into the noisy data and kept out of the output; for `method` null and auto',
    ),
  ),
  ...trainedFilterOptions,
  steps: forgetFilterOptions.steps,
  trainOut: optional(
    folder('where the adapter is written that the aligned model gets from training on the kept rows'),
  ),
  ...keptRowsOptions,
}
export type RunValues = Values<typeof runOptions>

// destructors ------------------------------------------------------------------------------------

/** The options that decide what the filter does; `alpha` is the adapter's. */
type FilterValues = Omit<FilterOptions, 'alpha'> & Pick<RunValues, 'nullAlpha'>

const filterValues = <V extends FilterValues>({ nullAlpha: alpha, ...v }: V) => ({ ...v, alpha })

/** The rule that the options stand for. */
export const runRuleOf = (v: FilterValues): FilterRule => filterRuleOf(filterValues(v))

/** Conditions on the method's options, with the names they have where models are trained. */
export const checkTraining = (
  v: FilterValues & Pick<RunValues, 'signal' | 'reference'>,
): E.Either<InputError, unknown> =>
  pipe(
    checkForgetFilter(filterValues(v)),
    E.mapLeft((fault): InputError =>
      fault.field === 'alpha'
        ? badInput('BadOption', fault.message, {
            field: 'nullAlpha',
            ...(fault.remedy === undefined ? {} : { remedy: fault.remedy }),
          })
        : fault,
    ),
  )

/** What would fail after hours of training fails before it. */
export const checkRun = (v: RunValues): E.Either<InputError, unknown> =>
  pipe(
    checkTraining(v),
    E.chain(() => checkCanaries(v)),
  )
