/** What a run is given. */
import type * as TE from 'fp-ts/TaskEither'
import type { Terminal } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import type { BenchPorts } from '../plan/ports'
import type { StorePlace } from '../store'
import type { Results } from '../results/results'
import type { QueueUse } from './queue/queueUse'

/** Results so far, marked as `running`. */
export interface EarlyResults {
  readonly results: Results
}

/** A benchmark to be run, and its results folder. */
export interface RunSettings {
  readonly ports: BenchPorts
  /** The module that exports those ports, for worker processes. */
  readonly portsModule: string
  readonly config: BenchConfig
  readonly out: string
  /** Where the results are kept, and read through `out`; default: that folder. */
  readonly store?: StorePlace
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Where jobs are run by others, through a queue; by default by processes of this one. */
  readonly queue?: QueueUse
  /** Flags of worker processes; default: this process's own. */
  readonly execArgv?: ReadonlyArray<string>
  /** Called with the results so far, each time they are written while the run goes on, and when it is stopped: makes a report. */
  readonly onEarly?: (early: EarlyResults) => TE.TaskEither<Fault, unknown>
}
