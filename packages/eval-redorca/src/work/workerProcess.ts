/** A worker process seen from its parent: started with this process's own flags, asked one job at a time, stopped in the end. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Hashes } from '../plan/hashes'
import { type ToWorker, fromWorker } from './messages'
import type { Cell } from '../plan/cells'
import type { Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import type { JobResult, Worker } from './schedule'

// model ------------------------------------------------------------------------------------------

export interface WorkerSettings {
  readonly config: Readonly<Record<string, unknown>>
  readonly out: string
  /** The module whose `ports` it uses. */
  readonly ports: string
  readonly engine: string
  /** Cores that a worker may use. */
  readonly threads: number
  readonly execArgv: ReadonlyArray<string>
  /** Every process started, so that all can be stopped. */
  readonly children: Set<ChildProcess>
  readonly onProgress: (worker: number, job: Job, share: number, note: string) => void
}

export interface WorkerProcess extends Worker {
  readonly engine: EngineUsed
}

/** What a task needs beside itself; known once the plan is. */
export interface Assignment {
  readonly hashes: Hashes
  readonly engine: EngineUsed
  readonly cell: (job: Job) => Cell | undefined
}

// starting ---------------------------------------------------------------------------------------

const script = join(__dirname, `worker${extname(__filename)}`)
/** How much of what a worker said last is kept, for the message if it dies. */
const remembered = 2000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

interface Child {
  readonly process: ChildProcess
  said: string
}

const started = ({ execArgv, children, threads }: WorkerSettings): Child => {
  const child = fork(script, [], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, SAFE_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  children.add(child)
  child.on('exit', () => children.delete(child))
  const state: Child = { process: child, said: '' }
  child.stderr?.on('data', (chunk: Buffer) => {
    state.said = (state.said + chunk.toString('utf8')).slice(-remembered)
  })
  return state
}

const tell = (child: Child, message: ToWorker): void => {
  if (child.process.connected) child.process.send(message)
}

/** The next message that is not progress, or how the process ended. */
const answer = (
  child: Child,
  onProgress: (share: number, note: string) => void,
): Promise<E.Either<Fault, EngineUsed | undefined> | { readonly _tag: 'Crashed'; readonly said: string }> =>
  new Promise((resolve) => {
    const finish = (value: Awaited<ReturnType<typeof answer>>): void => {
      child.process.off('message', hear)
      child.process.off('exit', end)
      resolve(value)
    }
    const hear = (u: unknown): void => {
      if (!fromWorker.is(u)) return
      if (u.kind === 'progress') onProgress(u.share, u.note)
      else finish(u.kind === 'failed' ? E.left(u.fault) : E.right(u.kind === 'ready' ? u.engine : undefined))
    }
    const end = (code: number | null, signal: string | null): void =>
      finish({ _tag: 'Crashed', said: lastLine(child.said) || `exit ${signal ?? code ?? 'unknown'}` })
    child.process.on('message', hear)
    child.process.on('exit', end)
    if (child.process.exitCode !== null) end(child.process.exitCode, child.process.signalCode)
  })

/** Stops every process at once; what they leave on disk is whole. */
export const stopAll = (children: ReadonlySet<ChildProcess>): void =>
  children.forEach((child) => child.kill())

/** A running worker, its engine chosen. `assignment` is asked for when the first job comes. */
export const startWorker = async (
  number: number,
  settings: WorkerSettings,
  assignment: () => Assignment,
): Promise<E.Either<Fault, WorkerProcess>> => {
  const child = started(settings)
  const opening = answer(child, () => undefined)
  tell(child, {
    kind: 'open',
    config: { ...settings.config },
    out: settings.out,
    ports: settings.ports,
    engine: settings.engine,
  })
  const opened = await opening
  if (opened._tag === 'Crashed')
    return E.left(
      failure('WorkerCrashed', `the worker process did not start (${opened.said})`, {
        remedy: 'try --workers 1 or another --engine',
      }),
    )
  if (E.isLeft(opened)) {
    child.process.kill()
    return opened
  }
  const engine = opened.right ?? { engine: settings.engine, device: '', versions: {} }
  return E.right({
    engine,
    run: async (job): Promise<JobResult> => {
      const { hashes, engine: chosen, cell } = assignment()
      const given = cell(job)
      const done = answer(child, (share, note) => settings.onProgress(number, job, share, note))
      tell(child, {
        kind: 'task',
        job: { ...job, needs: [...job.needs] },
        hashes,
        engine: chosen,
        ...(given === undefined ? {} : { cell: given }),
      })
      const result = await done
      return result._tag === 'Right' ? E.right(undefined) : result
    },
    again: () => startWorker(number, settings, assignment),
  })
}
