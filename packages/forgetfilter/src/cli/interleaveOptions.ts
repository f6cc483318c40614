/** The options of `forgetfilter interleave`. */
import {
  type Values,
  choice,
  count,
  dataFile,
  folder,
  integer,
  many,
  optional,
  overwriteOption,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Arm, arms } from '../interleave/interleave'
import { forgetFilterOptions } from '../options'
import { trainedFilterOptions, trainingOptions } from './runOptions'

// options ----------------------------------------------------------------------------------------

export const interleaveOptions = {
  ...trainingOptions,
  ...trainedFilterOptions,
  steps: forgetFilterOptions.steps,
  noisy: required(many(dataFile('the noisy data; several: one for each round in turn'))),
  prompts: required(dataFile('unsafe prompts, answered after each phase')),
  task: optional(dataFile('prompts with responses, to measure how much of a task is solved')),
  judge: withDefault('refusal', text('judge of the answers: KIND[:MODEL]', 'JUDGE')),
  rounds: withDefault(3, count('rounds of a noisy and a safe phase')),
  arms: withDefault('both', choice('with the filter, without it, or both', [...arms, 'both'])),
  answerTokens: withDefault(128, integer('longest answer to a prompt, in tokens', { min: 1 })),
  out: required(folder('where results.json and report.html are written')),
  ...overwriteOption,
}
export type InterleaveValues = Values<typeof interleaveOptions>

// destructors ------------------------------------------------------------------------------------

export const armsOf = ({ arms: chosen }: InterleaveValues): ReadonlyArray<Arm> =>
  chosen === 'both' ? arms : [chosen]
