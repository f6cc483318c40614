/** What trains and runs models for the commands; tests pass their own. */
import type * as E from 'fp-ts/Either'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { Deciding, ModelPorts } from '../work'

/** What trains and runs models on this machine, and what decides their results beside the data. */
export interface Machine {
  readonly ports: ModelPorts
  readonly deciding: Deciding
  /** Tokens of the longest response, with its end of sequence: completions need to be no longer. */
  readonly longestResponse?: (data: Dataset) => E.Either<Fault, number>
}
