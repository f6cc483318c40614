/** The machine and the versions of a result. */
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Versions } from './python'

export interface Machine {
  readonly date: string
  readonly processor: string
  /** Vector and matrix instructions that determine the speed of products. */
  readonly instructions: ReadonlyArray<string>
  readonly cores: number
  readonly memoryGB: number
  readonly system: string
  readonly node: string
  readonly python: Versions
  /** Mean number of running processes over the minute before the run: other work of the machine. */
  readonly load: number
}

const KNOWN = ['avx2', 'avx512f', 'avx512_bf16', 'amx_bf16', 'asimd', 'bf16', 'sve']

/** The instructions that the kernel names; none where there is no /proc/cpuinfo. */
const instructions = (): ReadonlyArray<string> => {
  try {
    const flags = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? ''
    const found = new Set(flags.trim().split(/\s+/))
    return KNOWN.filter((name) => found.has(name))
  } catch {
    return []
  }
}

/** What a run without Python says of its machine. */
export const hardware = (): Omit<Machine, 'python'> => ({
  date: new Date().toISOString().slice(0, 10),
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  instructions: instructions(),
  cores: availableParallelism(),
  memoryGB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()}`,
  node: process.version,
  load: loadavg()[0] ?? 0,
})

export const machine = (python: Versions): Machine => ({ ...hardware(), python })
