/** Runs one measurement in a separate process, watches its memory and reads its report. */
import { spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import { type Measured, measuredOf } from './measured'
import { watchMemory } from './peakMemory'
import { watchTime } from './processTime'
import type { Request } from './request'

// model ------------------------------------------------------------------------------------------

/** The settings common to all processes of a run. */
export interface Setting {
  readonly folder: string
  readonly engine: string
  readonly threads: number
  readonly python: string
  /** Where PyTorch computes; absent: on the GPU where the engine is cuda. */
  readonly device?: 'cpu' | 'cuda'
}

export interface Program {
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly environment: Readonly<Record<string, string>>
}

const root = join(__dirname, '..', '..', '..')
/** Number of last characters of a failed process's output to show. */
const TAIL = 2000

// programs ---------------------------------------------------------------------------------------

const reference = join(__dirname, 'reference.py')

const threadVariables = (threads: number): Readonly<Record<string, string>> => ({
  THREADS: String(threads),
  SAFE_THREADS: String(threads),
  OMP_NUM_THREADS: String(threads),
  MKL_NUM_THREADS: String(threads),
})

/** Sources are compiled as they are loaded; what was compiled before runs as it is. */
const extension = extname(__filename)
const loader = extension === '.ts' ? ['--conditions=@safe/source', '--import', 'tsx'] : []

/** The program for our side of a task. */
export const ourProgram = (s: Setting, task: string, request: Request): Program => ({
  command: process.execPath,
  args: [
    ...loader,
    join(__dirname, `ours${extension}`),
    ...[task, s.folder, JSON.stringify(request), s.engine],
  ],
  environment: threadVariables(s.threads),
})

/** A Python program of the other side. */
export const pythonProgram = (s: Setting, path: string, args: ReadonlyArray<string>): Program => ({
  command: s.python,
  args: [path, ...args],
  environment: {
    ...threadVariables(s.threads),
    DEVICE: s.device ?? (s.engine === 'cuda' ? 'cuda' : 'cpu'),
    TRANSFORMERS_VERBOSITY: 'error',
    HF_HUB_OFFLINE: '1',
    PYTHONWARNINGS: 'ignore',
  },
})

/** The program for a command of `reference.py`. */
export const referenceProgram = (s: Setting, ...args: ReadonlyArray<string>): Program =>
  pythonProgram(s, reference, args)

// running ----------------------------------------------------------------------------------------

interface Ended {
  readonly output: string
  /** Largest resident memory of the process and its children. */
  readonly peakBytes: number
  /** From start to end. */
  readonly seconds: number
  /** Processor time of all threads. */
  readonly cpuSeconds: number
}

/** Rejects where the program cannot be started or ends with an error; `describe` is how messages name it. */
export const run = ({ command, args, environment }: Program, describe: string): Promise<Ended> =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const started = performance.now()
    const memory = child.pid === undefined ? undefined : watchMemory(child.pid)
    const time = child.pid === undefined ? undefined : watchTime(child.pid)
    let [output, errors] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors = (errors + text).slice(-TAIL)))
    child.on('error', (cause) => {
      memory?.stop()
      time?.stop()
      reject(new Error(`${describe}: ${command} cannot be started (${cause.message})`))
    })
    child.on('close', (code, signal) => {
      const seconds = (performance.now() - started) / 1000
      const [peakBytes, cpuSeconds] = [memory?.stop() ?? 0, time?.stop() ?? 0]
      if (code === 0) resolve({ output, peakBytes, seconds, cpuSeconds })
      else reject(new Error(`${describe} ended with ${code ?? signal}:\n${errors.trim()}`))
    })
  })

/**
 * Runs a program and decodes the measurement that it reports.
 *
 * @param whole times are those of the process from start to end, instead of those it reports
 */
export const measure = async (program: Program, describe: string, whole = false): Promise<Measured> => {
  const { output, peakBytes, seconds, cpuSeconds } = await run(program, describe)
  const measured = measuredOf(output)
  if (measured === undefined) throw new Error(`${describe} reported nothing:\n${output.slice(-TAIL)}`)
  return {
    ...measured,
    ...(whole ? { seconds: [seconds], cpuSeconds: [cpuSeconds] } : {}),
    peakBytes: Math.max(peakBytes, measured.peakBytes),
  }
}
