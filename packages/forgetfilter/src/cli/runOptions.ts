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
import type { FilterRule } from '../audit'
import { checkForgetFilter } from '../checkOptions'
import { type FilterOptions, filterOptions, filterRuleOf, forgetFilterOptions } from '../options'
import { checkCanaries } from './canaryFile'
import { keptRowsOptions } from './keptRows'
import { presetOption } from './preset'

// options ----------------------------------------------------------------------------------------

/** `--alpha` of a command that trains is the adapter's. */
const { alpha: nullAlpha, ...thresholdOptions } = filterOptions

export const runOptions = {
  model: required(modelFolder('the aligned model, a Hugging Face folder')),
  noisy: required(dataFile('the data to filter')),
  safe: required(dataFile('trusted safe rows')),
  canaries: optional(
    dataFile(
      'trusted benign rows, mixed into the noisy data and kept out of the output; for `method` null and auto',
    ),
  ),
  ...presetOption,
  signal: forgetFilterOptions.signal,
  reference: forgetFilterOptions.reference,
  ...thresholdOptions,
  nullAlpha,
  steps: forgetFilterOptions.steps,
  /** The method's `lr`: `--lr` is the noisy phase's. */
  safeLr: forgetFilterOptions.lr,
  maxNewTokens: optional(
    integer('longest completion, in tokens (rouge; default: that of the longest response)', { min: 1 }),
  ),
  trainOut: optional(
    folder('where the adapter is written that the aligned model gets from training on the kept rows'),
  ),
  work: optional(
    folder('where intermediate results are kept (default: beside --out, with .work at its end)'),
  ),
  checkpointEvery: withDefault(100, integer('optimizer steps between checkpoints', { min: 1 })),
  ...recipeOptions,
  ...rowOptions,
  ...keptRowsOptions,
  ...resumeOption,
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
