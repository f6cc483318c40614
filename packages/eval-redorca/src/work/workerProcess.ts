/** A worker process as its parent uses it: it selects an engine, times the run, and is given one job at a time. */
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Cell } from '../plan/cells'
import type { Rates } from '../plan/expected'
import type { Hashes } from '../plan/hashes'
import type { Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import type { StorePlace } from '../store'
import type { Crashed, JobResult, Worker } from './schedule'
import { type StartRetries, persistently } from './starting'
import { type ChildSettings, answer, forked, send } from './workerChild'

// model ------------------------------------------------------------------------------------------

export interface WorkerSettings extends ChildSettings {
  readonly config: Readonly<Record<string, unknown>>
  readonly store: StorePlace
  /** The module whose `ports` it uses. */
  readonly ports: string
  readonly engine: string
  readonly onProgress: (worker: number, job: Job, share: number, note: string) => void
  /** What is done where it dies while it starts. */
  readonly starting: StartRetries
}

export interface WorkerProcess extends Worker {
  readonly engine: EngineUsed
  /** Times a step, a completion and a judgement of the run. */
  readonly rates: () => Promise<E.Either<Fault, ReadonlyArray<Rates>> | Crashed>
  readonly again: () => Promise<E.Either<Fault, WorkerProcess>>
  /** Lets the process end once it is free. */
  readonly close: () => void
}

/** What a worker needs for a task in addition to the job; known once the plan is made. */
export interface Assignment {
  readonly hashes: Hashes
  readonly engine: EngineUsed
  readonly cell: (job: Job) => Cell | undefined
}

// starting ---------------------------------------------------------------------------------------

/** Starts one process and selects its engine. */
const opened = async (
  number: number,
  settings: WorkerSettings,
  assignment: () => Assignment,
): Promise<E.Either<Fault, WorkerProcess> | Crashed> => {
  const child = forked(settings)
  if ('_tag' in child) return child
  const opening = answer(child, () => undefined)
  send(child, {
    kind: 'open',
    config: { ...settings.config },
    store: settings.store,
    ports: settings.ports,
    engine: settings.engine,
  })
  const said = await opening
  if (said._tag === 'Crashed') return said
  if (E.isLeft(said)) {
    child.process.kill()
    return said
  }
  const engine =
    said.right.kind === 'ready' ? said.right.engine : { engine: settings.engine, device: '', versions: {} }
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
      return timed._tag === 'Right' ? E.right(timed.right.kind === 'rates' ? timed.right.rates : []) : timed
    },
    again: () => startWorker(number, settings, assignment),
    close: () => send(child, { kind: 'close' }),
  })
}

/**
 * Starts a worker and selects its engine, with further processes where one dies while it starts.
 *
 * @param assignment called when a job is run
 */
export const startWorker = (
  number: number,
  settings: WorkerSettings,
  assignment: () => Assignment,
): Promise<E.Either<Fault, WorkerProcess>> =>
  persistently(() => opened(number, settings, assignment), settings.starting)
