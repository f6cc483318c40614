/** A worker process as its parent uses it: started with the flags of this process, given one job at a time, and finally stopped. */
import { type ChildProcess, fork } from 'node:child_process'
import { extname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Rates } from '../plan/expected'
import type { Hashes } from '../plan/hashes'
import { type FromWorker, type ToWorker, fromWorker } from './messages'
import type { Cell } from '../plan/cells'
import type { Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import type { StorePlace } from '../store'
import type { JobResult, Worker } from './schedule'

// model ------------------------------------------------------------------------------------------

export interface WorkerSettings {
  readonly config: Readonly<Record<string, unknown>>
  readonly store: StorePlace
  /** The module whose `ports` it uses. */
  readonly ports: string
  readonly engine: string
  /** Cores that a worker may use. */
  readonly threads: number
  readonly execArgv: ReadonlyArray<string>
  /** Every process started, so that all can be stopped. */
  readonly children: Set<ChildProcess>
  readonly onProgress: (worker: number, job: Job, share: number, note: string) => void
  /** A warning of a judge that a worker asks. */
  readonly onWarning?: (line: string) => void
}

export interface WorkerProcess extends Worker {
  readonly engine: EngineUsed
  /** Times a step, a completion and a judgement of the run. */
  readonly rates: () => Promise<E.Either<Fault, ReadonlyArray<Rates>>>
}

/** What a worker needs for a task in addition to the job; known once the plan is made. */
export interface Assignment {
  readonly hashes: Hashes
  readonly engine: EngineUsed
  readonly cell: (job: Job) => Cell | undefined
}

// starting ---------------------------------------------------------------------------------------

const script = join(__dirname, `worker${extname(__filename)}`)
/** Number of last characters of a worker's stderr that are kept, for the message if it dies. */
const keptCharacters = 2000

const lastLine = (text: string): string => text.trim().split('\n').at(-1)?.slice(0, 200) ?? ''

interface Child {
  readonly process: ChildProcess
  stderr: string
}

const started = ({ execArgv, children, threads, onWarning }: WorkerSettings): Child => {
  const child = fork(script, [], {
    execArgv: [...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { ...process.env, SAFE_THREADS: String(threads), TF_CPP_MIN_LOG_LEVEL: '2' },
  })
  children.add(child)
  child.on('exit', () => children.delete(child))
  const state: Child = { process: child, stderr: '' }
  child.on('message', (u) => {
    if (fromWorker.is(u) && u.kind === 'warning') onWarning?.(u.line)
  })
  child.stderr?.on('data', (chunk: Buffer) => {
    state.stderr = (state.stderr + chunk.toString('utf8')).slice(-keptCharacters)
  })
  return state
}

const send = (child: Child, message: ToWorker): void => {
  if (child.process.connected) child.process.send(message)
}

/** What a worker answers to `open`, `time` or a task. */
type Answer = Exclude<FromWorker, { readonly kind: 'progress' | 'warning' | 'failed' }>

/** The next message that is not progress, or how the process ended. */
const answer = (
  child: Child,
  onProgress: (share: number, note: string) => void,
): Promise<E.Either<Fault, Answer> | { readonly _tag: 'Crashed'; readonly reason: string }> =>
  new Promise((resolve) => {
    const finish = (value: Awaited<ReturnType<typeof answer>>): void => {
      child.process.off('message', onMessage)
      child.process.off('exit', onExit)
      resolve(value)
    }
    const onMessage = (u: unknown): void => {
      if (!fromWorker.is(u)) return
      if (u.kind === 'progress') onProgress(u.share, u.note)
      else if (u.kind !== 'warning') finish(u.kind === 'failed' ? E.left(u.fault) : E.right(u))
    }
    const onExit = (code: number | null, signal: string | null): void =>
      finish({ _tag: 'Crashed', reason: lastLine(child.stderr) || `exit ${signal ?? code ?? 'unknown'}` })
    child.process.on('message', onMessage)
    child.process.on('exit', onExit)
    if (child.process.exitCode !== null) onExit(child.process.exitCode, child.process.signalCode)
  })

/** Kills every process; what they have written is complete. */
export const stopAll = (children: ReadonlySet<ChildProcess>): void =>
  children.forEach((child) => child.kill())

/** How long a worker may take to free what it holds. */
const closingMs = 5000

/** Lets every process free what it holds and end; one that is busy is killed. */
export const closeAll = async (children: ReadonlySet<ChildProcess>): Promise<void> => {
  await Promise.all(
    [...children].map(
      (child) =>
        new Promise<void>((done) => {
          if (child.exitCode !== null || child.signalCode !== null || !child.connected) {
            done()
            return
          }
          const late = setTimeout(done, closingMs)
          child.once('exit', () => {
            clearTimeout(late)
            done()
          })
          // It may have died since; then its exit follows.
          child.send({ kind: 'close' } satisfies ToWorker, () => undefined)
        }),
    ),
  )
  stopAll(children)
}

/** Starts a worker and selects its engine. `assignment` is called when a job is run. */
export const startWorker = async (
  number: number,
  settings: WorkerSettings,
  assignment: () => Assignment,
): Promise<E.Either<Fault, WorkerProcess>> => {
  const child = started(settings)
  const opening = answer(child, () => undefined)
  send(child, {
    kind: 'open',
    config: { ...settings.config },
    store: settings.store,
    ports: settings.ports,
    engine: settings.engine,
  })
  const opened = await opening
  if (opened._tag === 'Crashed')
    return E.left(
      failure('WorkerCrashed', `the worker process did not start (${opened.reason})`, {
        remedy: 'try 1 for `workers`, or another `engine`',
      }),
    )
  if (E.isLeft(opened)) {
    child.process.kill()
    return opened
  }
  const engine =
    opened.right.kind === 'ready'
      ? opened.right.engine
      : { engine: settings.engine, device: '', versions: {} }
  return E.right({
    engine,
    run: async (job): Promise<JobResult> => {
      const { hashes, engine: chosen, cell } = assignment()
      const given = cell(job)
      const done = answer(child, (share, note) => settings.onProgress(number, job, share, note))
      send(child, {
        kind: 'task',
        job: { ...job, needs: [...job.needs] },
        hashes,
        engine: chosen,
        ...(given === undefined ? {} : { cell: given }),
      })
      const result = await done
      return result._tag === 'Right' ? E.right(undefined) : result
    },
    rates: async () => {
      const { hashes, engine: chosen } = assignment()
      const timing = answer(child, () => undefined)
      send(child, { kind: 'time', hashes, engine: chosen })
      const timed = await timing
      return timed._tag === 'Crashed'
        ? E.left(
            failure('WorkerCrashed', `the worker process died while the run was timed (${timed.reason})`, {
              remedy: 'free memory, or lower `batchSize` of the recipe',
            }),
          )
        : pipe(
            timed,
            E.map((said) => (said.kind === 'rates' ? said.rates : [])),
          )
    },
    again: () => startWorker(number, settings, assignment),
  })
}
