/** The worker processes of a run: the first one selects the engine, more are started when there are jobs for them. */
import type { ChildProcess } from 'node:child_process'
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Worker } from './schedule'
import {
  type Assignment,
  type WorkerProcess,
  type WorkerSettings,
  closeAll,
  startWorker,
  stopAll,
} from './workerProcess'

// model ------------------------------------------------------------------------------------------

export interface Pool {
  /** The one that selected the engine. */
  readonly first: WorkerProcess
  readonly workers: () => ReadonlyArray<Worker>
  /** Starts workers until there are so many; those that cannot be started are done without. */
  readonly grow: (wanted: number) => Promise<void>
  readonly replace: (dead: Worker, successor: Worker | undefined) => void
}

// constructors -----------------------------------------------------------------------------------

const poolOf = (first: WorkerProcess, settings: WorkerSettings, assignment: () => Assignment): Pool => {
  const state: { workers: ReadonlyArray<Worker>; started: number } = { workers: [first], started: 1 }
  return {
    first,
    workers: () => state.workers,
    grow: async (wanted) => {
      const more = await Promise.all(
        Array.from({ length: Math.max(0, wanted - state.workers.length) }, (_, i) =>
          startWorker(state.started + i, settings, assignment),
        ),
      )
      state.started += more.length
      state.workers = [...state.workers, ...more.filter(E.isRight).map((w) => w.right)]
    },
    replace: (dead, successor) => {
      state.workers = state.workers.flatMap((w) => (w === dead ? (successor ?? []) : [w]))
    },
  }
}

/**
 * Starts the first worker and does work with the pool; at its end every process is closed, and when the signal is given they are
 * killed at once: what they have written is complete.
 *
 * @param assignment called when a job is run
 */
export const withPool = async <A>(
  settings: Omit<WorkerSettings, 'children'>,
  signal: AbortSignal,
  assignment: () => Assignment,
  work: (pool: Pool) => Promise<E.Either<Fault, A>>,
): Promise<E.Either<Fault, A>> => {
  const children = new Set<ChildProcess>()
  const stop = (): void => stopAll(children)
  signal.addEventListener('abort', stop)
  try {
    const whole = { ...settings, children }
    const first = await startWorker(0, whole, assignment)
    return E.isLeft(first) ? first : await work(poolOf(first.right, whole, assignment))
  } finally {
    signal.removeEventListener('abort', stop)
    await closeAll(children)
  }
}
