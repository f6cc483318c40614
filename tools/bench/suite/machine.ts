/** The machine and the versions a result belongs to. */
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Versions } from './python'

export interface Machine {
  readonly date: string
  readonly processor: string
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  readonly python: Versions
  /** Mean number of running processes over the minute before the run: what else the machine was doing. */
  readonly load: number
}

export const machine = (python: Versions): Machine => ({
  date: new Date().toISOString().slice(0, 10),
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  python,
  load: loadavg()[0] ?? 0,
})
