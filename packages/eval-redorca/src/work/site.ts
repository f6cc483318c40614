/** A place where work is done: this process, its engine running, with what it keeps on disk and the models it has in memory. */
import type { Fault } from '@safe/tensor-core/contracts'
import type { Memo } from '@safe/tensor-core/pipeline'
import type { Bench } from '../plan/bench'
import type { EngineUsed } from '../plan/ports'
import type { Models } from './models'

/** A bench in a process that does the work. */
export interface Site {
  readonly bench: Bench
  readonly engine: EngineUsed
  readonly memo: Memo
  readonly models: Models
  readonly signal: AbortSignal
  /** A note on how far the present job is: a share from 0 to 1. */
  readonly onProgress: (share: number, note: string) => void
}
