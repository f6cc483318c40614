/** The definition of a row of the suite: processes that run in turn, and the quantities read from their reports. */
import type { Dtype } from './request'
import type { Measured } from './measured'
import type { PageCache } from './pageCache'
import type { RealModel } from './realModels'
import type { WholeProcess } from './real/wholeProcess'
import type { Shape } from './shapes'

// model ------------------------------------------------------------------------------------------

/** One process of a round. */
export interface Process {
  /** Its name within the round. */
  readonly name: string
  readonly side: 'ours' | 'reference'
  readonly task: string
  /** The required state of the checkpoint in the page cache when the process starts. */
  readonly cache?: PageCache
}

/** Reports of one round by the names of its processes. */
export type Round = (process: string) => Measured

export type Unit = 's' | 'tokens/s' | 'GB/s' | 'GB' | 'GFLOP/s'

/** One quantity of both sides; the ratio is ours / theirs. */
export interface Quantity {
  readonly what: string
  readonly against: string
  readonly unit: Unit
  readonly ours: (round: Round, shape: Shape) => number
  readonly theirs: (round: Round, shape: Shape) => number
  /** The target of the ratio. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number }
}

export interface Agreement {
  readonly same: boolean
  /** The agreement in words. */
  readonly how: string
}

export interface Row {
  readonly name: string
  readonly what: string
  readonly dtype: Dtype
  /** Type of the checkpoint; by default that of the frozen weights. */
  readonly file?: Dtype
  /** The real model that is measured, in its own shape, instead of the run's. */
  readonly real?: RealModel
  /** Name of the training rows. */
  readonly rows?: string
  /** On a real model, as whole processes; the row is left out where the model is not on this machine. */
  readonly whole?: WholeProcess
  readonly processes: ReadonlyArray<Process>
  readonly quantities: ReadonlyArray<Quantity>
  /** Whether both sides computed the same in a round. */
  readonly agreement: (round: Round) => Agreement
}
