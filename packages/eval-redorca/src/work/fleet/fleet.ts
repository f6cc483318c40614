/** What a run does otherwise where other processes work on it too. */
import type * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Cell } from '../../plan/cells'
import type { Job } from '../../plan/plan'
import type { Claims } from './claim'

export interface Fleet {
  readonly claims: (jobs: ReadonlyArray<Job>) => Claims
  /** Those cells of the first round that this process is to see to: all, or the part of a shard. */
  readonly part: (cells: ReadonlyArray<Cell>) => ReadonlyArray<Cell>
  /**
   * Waits for the cells of the first round that others see to, as long as some process shows that it lives.
   *
   * @returns how many are missing
   */
  readonly awaited: (cells: ReadonlyArray<Cell>) => Promise<E.Either<Fault, number>>
}
