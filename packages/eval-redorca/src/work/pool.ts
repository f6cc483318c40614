/** The worker processes of a run: the first one selects the engine, more are started when there are jobs for them. */
import type { ChildProcess } from 'node:child_process'
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Rates } from '../plan/expected'
import type { EngineUsed } from '../plan/ports'
import type { Worker } from './schedule'
import { closeAll, stopAll } from './workerChild'
import { type Assignment, type WorkerProcess, type WorkerSettings, startWorker } from './workerProcess'

// model ------------------------------------------------------------------------------------------

export interface Pool {
  /** The engine that the first worker selected. */
  readonly engine: EngineUsed
  readonly workers: () => ReadonlyArray<Worker>
  /** Starts workers until there are so many; with a warning fewer are done with. @returns left where there are none at all */
  readonly grow: (wanted: number) => Promise<E.Either<Fault, void>>
  readonly replace: (dead: Worker, successor: Worker | undefined) => void
  /** Times a step, a completion and a judgement of the run; once more where the first worker dies of it. */
  readonly rates: () => Promise<E.Either<Fault, ReadonlyArray<Rates>>>
}

/** How a pool starts workers and what it tells. */
export interface PoolSettings {
  readonly start: (number: number) => Promise<E.Either<Fault, WorkerProcess>>
  readonly warn: (line: string) => void
  readonly signal: AbortSignal
}

// constructors -----------------------------------------------------------------------------------

const diedTiming = (reason: string): Fault =>
  failure('WorkerCrashed', `the worker process died twice while the run was timed (${reason})`, {
    remedy: 'free memory or lower `batchSize` of the recipe, then run the same command again',
  })

/** A pool with its first worker. */
export const poolOf = (first: WorkerProcess, { start, warn, signal }: PoolSettings): Pool => {
  const state: { workers: ReadonlyArray<Worker>; started: number } = { workers: [first], started: 1 }
  const replace: Pool['replace'] = (dead, successor) => {
    state.workers = state.workers.flatMap((w) => (w === dead ? (successor ?? []) : [w]))
  }
  const timed = async (
    worker: WorkerProcess,
    retries: number,
  ): Promise<E.Either<Fault, ReadonlyArray<Rates>>> => {
    const found = await worker.rates()
    if (found._tag !== 'Crashed') return found
    if (retries === 0 || signal.aborted) return E.left(diedTiming(found.reason))
    const fresh = await worker.again()
    replace(worker, E.isRight(fresh) ? fresh.right : undefined)
    if (E.isLeft(fresh)) return fresh
    warn(`a worker died while the run was timed (${found.reason}); it is timed once more`)
    return timed(fresh.right, retries - 1)
  }
  return {
    engine: first.engine,
    workers: () => state.workers,
    grow: async (wanted) => {
      const more = await Promise.all(
        Array.from({ length: Math.max(0, wanted - state.workers.length) }, (_, i) =>
          start(state.started + i),
        ),
      )
      state.started += more.length
      state.workers = [...state.workers, ...more.filter(E.isRight).map((w) => w.right)]
      const lost = more.find(E.isLeft)
      if (lost === undefined || signal.aborted) return E.right(undefined)
      const count = state.workers.length
      if (count === 0) return lost
      warn(`going on with ${count} of ${wanted} workers: ${lost.left.message}`)
      return E.right(undefined)
    },
    replace,
    rates: () => timed(first, 1),
  }
}

/**
 * Starts the first worker and does work with the pool; at its end every process is closed, and when the signal is given they are
 * killed at once: what they have written is complete.
 *
 * @param assignment called when a job is run
 */
export const withPool = async <A>(
  { warn, ...settings }: Omit<WorkerSettings, 'children' | 'starting'> & Pick<PoolSettings, 'warn'>,
  signal: AbortSignal,
  assignment: () => Assignment,
  work: (pool: Pool) => Promise<E.Either<Fault, A>>,
): Promise<E.Either<Fault, A>> => {
  const children = new Set<ChildProcess>()
  const stop = (): void => stopAll(children)
  const onRetry = (reason: string): void =>
    warn(`a worker died while it started (${reason}); starting another`)
  const whole: WorkerSettings = { ...settings, children, starting: { onRetry, signal } }
  const start = (number: number): ReturnType<typeof startWorker> => startWorker(number, whole, assignment)
  signal.addEventListener('abort', stop)
  try {
    const first = await start(0)
    return E.isLeft(first) ? first : await work(poolOf(first.right, { start, warn, signal }))
  } finally {
    signal.removeEventListener('abort', stop)
    await closeAll(children)
  }
}
