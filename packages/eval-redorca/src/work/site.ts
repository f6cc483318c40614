/** The context in which a process runs jobs: the bench, the running engine, the results on disk and the models in memory. */
import type { Memo } from '@safe/tensor-core/pipeline'
import type { Bench } from '../plan/bench'
import type { EngineUsed } from '../plan/ports'
import type { ResultStore } from '../store'
import type { Models } from './models'

/** The context of a process that runs jobs. */
export interface Site {
  readonly bench: Bench
  readonly engine: EngineUsed
  readonly store: ResultStore
  /** The steps kept in the store. */
  readonly memo: Memo
  readonly models: Models
  readonly signal: AbortSignal
  /** Reports the progress of the current job: a share from 0 to 1, and a note. */
  readonly onProgress: (share: number, note: string) => void
}
