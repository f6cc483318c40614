/** What a row of the suite is: processes that run in turns, and what is read from their reports. */
import type { Dtype } from './request'
import type { Measured } from './measured'
import type { PageCache } from './pageCache'
import type { Shape } from './shapes'

// model ------------------------------------------------------------------------------------------

/** One process of a round. */
export interface Process {
  /** Its name within the round. */
  readonly name: string
  readonly side: 'ours' | 'reference'
  readonly task: string
  /** How the checkpoint is to stand in the page cache when the process starts. */
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
  /** What the ratio should reach. */
  readonly target?: { readonly atMost: number } | { readonly atLeast: number }
}

export interface Agreement {
  readonly same: boolean
  /** How much the same, in words. */
  readonly how: string
}

export interface Row {
  readonly name: string
  readonly what: string
  readonly dtype: Dtype
  /** Type of the checkpoint; that of the frozen weights where it is not given. */
  readonly file?: Dtype
  /** Rows trained on. */
  readonly rows?: string
  readonly processes: ReadonlyArray<Process>
  readonly quantities: ReadonlyArray<Quantity>
  /** Whether both sides computed the same in a round. */
  readonly agreement: (round: Round) => Agreement
}
