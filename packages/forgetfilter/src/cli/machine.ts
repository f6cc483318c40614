/** What trains and runs models for the commands; tests pass their own. */
import type * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Context, Values } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { forgetFilterOptions } from '../options'
import type { Deciding, ModelPorts } from '../work'
import type { trainingOptions } from './runOptions'

/** What trains and runs models on this machine, and what decides their results beside the data. */
export interface Machine {
  readonly ports: ModelPorts
  readonly deciding: Deciding
  /** Tokens of the longest response, with its end of sequence: completions need to be no longer. */
  readonly longestResponse?: (data: Dataset) => E.Either<Fault, number>
}

/** The options that decide what is trained and run. */
export type MachineValues = Values<typeof trainingOptions> & Values<Pick<typeof forgetFilterOptions, 'steps'>>
export type OpenMachine = (
  values: MachineValues,
  context: Context,
  work: string,
) => TE.TaskEither<Fault, Machine>
