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
  resumeOption,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Arm, arms } from '../interleave'
import { keptRowsOptions } from './keptRows'
import { runOptions } from './runOptions'

// options ----------------------------------------------------------------------------------------

/** Options of `run` that make its own files. */
const {
  canaries: _canaries,
  trainOut: _trainOut,
  noisy: _noisy,
  out: _out,
  work: _work,
  dropped: _dropped,
  audit: _audit,
  report: _report,
  labels: _labels,
  ...shared
} = { ...runOptions, ...keptRowsOptions }

export const interleaveOptions = {
  ...shared,
  noisy: required(many(dataFile('the noisy data; several: one for each round in turn'))),
  prompts: required(dataFile('unsafe prompts, answered after each phase')),
  task: optional(dataFile('prompts with responses, to measure how much of a task is solved')),
  judge: withDefault('refusal', text('judge of the answers: KIND[:MODEL]', 'JUDGE')),
  rounds: withDefault(3, count('rounds of a noisy and a safe phase')),
  arms: withDefault('both', choice('with the filter, without it, or both', [...arms, 'both'])),
  answerTokens: withDefault(128, integer('longest answer to a prompt, in tokens', { min: 1 })),
  out: required(folder('where results.json and report.html are written')),
  work: optional(
    folder('where intermediate results are kept (default: beside --out, with .work at its end)'),
  ),
  ...overwriteOption,
  ...resumeOption,
}
export type InterleaveValues = Values<typeof interleaveOptions>

// destructors ------------------------------------------------------------------------------------

export const armsOf = ({ arms: chosen }: InterleaveValues): ReadonlyArray<Arm> =>
  chosen === 'both' ? arms : [chosen]
