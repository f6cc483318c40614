/** What a run is given. */
import type { Terminal } from '@safe/tensor-core/cli'
import type { BenchConfig } from '../config/config'
import type { BenchPorts } from '../plan/ports'

/** A benchmark to be run, and its results folder. */
export interface RunSettings {
  readonly ports: BenchPorts
  /** The module that exports those ports, for worker processes. */
  readonly portsModule: string
  readonly config: BenchConfig
  readonly out: string
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Flags of worker processes; default: this process's own. */
  readonly execArgv?: ReadonlyArray<string>
}
