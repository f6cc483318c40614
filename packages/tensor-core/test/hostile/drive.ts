/**
 * Drives `runner.ts`: a mutant that takes longer than the limit, or whose process dies, is a failure like any other, and the run
 * continues after it. Hangs of the Parquet decoder are tried again through `readRows`, which must contain them.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomOf } from './random'
import type { RunnerWord } from './runner'
import { writeFiles } from './subject'
import { subjects } from './subjects'
import { parquetFile } from './subjects/parquet'

export interface Failure {
  readonly subject: string
  readonly number: number
  readonly problem: string
}

export interface Outcome {
  readonly subject: string
  readonly mutants: number
  readonly seconds: number
  readonly failures: ReadonlyArray<Failure>
  /** Parquet mutants that could only be stopped with their process, and were. */
  readonly contained: number
}

/** A mutant that takes longer is a hang, on a machine that is busy with other tests as well; the first mutant also waits for the process to start. */
const hangMs = 60_000
const startMs = 120_000

/** Runs one process until it ends, dies or hangs: the last mutant it finished, and the failures. */
const runOnce = (
  subject: string,
  from: number,
  to: number,
): Promise<{ reached: number; failures: ReadonlyArray<Failure>; end?: string }> =>
  new Promise((resolve) => {
    const child = fork(join(__dirname, 'runner.ts'), [subject, String(from), String(to)], {
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      execArgv: [...process.execArgv, '--max-old-space-size=1024'],
    })
    const failures: Array<Failure> = []
    const state: { number: number; end?: string; timer?: NodeJS.Timeout } = { number: from - 1 }
    const watch = (ms: number): void => {
      clearTimeout(state.timer)
      state.timer = setTimeout(() => {
        state.end = `takes longer than ${ms / 1000} seconds`
        child.kill('SIGKILL')
      }, ms)
    }
    watch(startMs)
    child.on('message', (word: RunnerWord) => {
      if (word.kind === 'begin') {
        state.number = word.number
        watch(subject === parquetFile.name ? startMs : hangMs)
      } else failures.push({ subject, number: word.number, problem: word.problem })
    })
    child.on('close', (code, signal) => {
      clearTimeout(state.timer)
      const end =
        state.end ??
        (code === 0 && state.number === to - 1 ? undefined : `ends the process (${signal ?? code})`)
      resolve({ reached: state.number, failures, ...(end === undefined ? {} : { end }) })
    })
  })

const isContained = async (number: number): Promise<boolean> => {
  const folder = mkdtempSync(join(tmpdir(), 'contained-'))
  const files = parquetFile.mutant(randomOf(`parquet ${number}`))
  writeFiles(folder, files)
  const start = Date.now()
  const problem = await parquetFile.problem(folder, files)
  rmSync(folder, { recursive: true, force: true })
  return problem === undefined && Date.now() - start < startMs
}

/** Mutants `from` to `to` of one subject. */
export const drive = async (subject: string, from: number, to: number): Promise<Outcome> => {
  const start = Date.now()
  const failures: Array<Failure> = []
  let contained = 0
  for (let next = from; next < to;) {
    const run = await runOnce(subject, next, to)
    failures.push(...run.failures)
    if (run.end === undefined) break
    if (subject === 'parquet' && run.reached >= next && (await isContained(run.reached))) contained += 1
    else failures.push({ subject, number: run.reached, problem: run.end })
    next = Math.max(run.reached, next) + 1
  }
  return { subject, mutants: to - from, seconds: (Date.now() - start) / 1000, failures, contained }
}

/** How many of `total` mutants each subject gets. */
export const sharesOf = (total: number): ReadonlyArray<readonly [string, number]> => {
  const whole = subjects.reduce((sum, s) => sum + s.share, 0)
  return subjects.map((s) => [s.name, Math.max(2, Math.round((total * s.share) / whole))] as const)
}
