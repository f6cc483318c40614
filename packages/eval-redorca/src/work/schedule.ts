/**
 * Gives jobs to workers. A job starts when the jobs it needs are done, in the order of `order.ts`; no worker waits while one can
 * start. A job whose worker dies is run once more, on the worker started in its place or, where none can be started, on another one.
 * A job that fails also fails those that need it; the others continue.
 */
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Job } from '../plan/plan'
import { orderOf } from './order'

// model ------------------------------------------------------------------------------------------

/** The worker process has died without an answer. */
export interface Crashed {
  readonly _tag: 'Crashed'
  /** What it was killed by, or its last message. */
  readonly reason: string
}

/** `Crashed`: the job is not done. */
export type JobResult = E.Either<Fault, void> | Crashed

export interface Worker {
  readonly run: (job: Job) => Promise<JobResult>
  /** Starts a new worker in place of a dead one. */
  readonly again: () => Promise<E.Either<Fault, Worker>>
}

export interface FailedJob {
  readonly job: Job
  readonly fault: Fault
}

export interface ScheduleEvents {
  readonly onStart?: (job: Job) => void
  readonly onDone: (job: Job, seconds: number) => void
  /** A job that failed, or that needs one that did. */
  readonly onFailed?: (failed: FailedJob) => void
  readonly onRetry: (job: Job, reason: string) => void
  /** A dead worker's successor; undefined where none could be started. */
  readonly onReplaced?: (dead: Worker, successor: Worker | undefined) => void
  readonly stopped: () => boolean
}

// running ----------------------------------------------------------------------------------------

const crashed = (job: Job, reason: string): Fault =>
  failure('WorkerCrashed', `the worker process died twice${reason === '' ? '' : ` (${reason})`}`, {
    where: job.id,
    remedy: 'free memory or use fewer `workers`, then run the same command again',
  })

/** Runs every job that can be run; returns those that failed, including their dependants. */
export const schedule = async (
  jobs: ReadonlyArray<Job>,
  workers: ReadonlyArray<Worker>,
  { onStart, onDone, onFailed, onRetry, onReplaced, stopped }: ScheduleEvents,
): Promise<ReadonlyArray<FailedJob>> => {
  const open = new Set(jobs)
  const undone = new Set(jobs.map((job) => job.id))
  const failed = new Map<string, FailedJob>()
  const waiters: (() => void)[] = []
  const wake = (): void => waiters.splice(0).forEach((resume) => resume())

  const fail = (job: Job, fault: Fault): void => {
    failed.set(job.id, { job, fault })
    onFailed?.({ job, fault })
    for (const next of [...open])
      if (next.needs.includes(job.id)) {
        open.delete(next)
        fail(next, fault)
      }
  }
  const order = orderOf(jobs, workers.length)
  const next = (): Job | undefined => order(open, ({ needs }) => needs.every((need) => !undone.has(need)))

  const deaths = new Map<string, number>()
  const state: { running: number; living: number; lost?: Fault } = { running: 0, living: workers.length }

  /** Runs a job, and once more where its worker dies; a dead worker is always replaced. @returns `Crashed` where it cannot be */
  const attempt = async (slot: { worker: Worker | undefined }, job: Job): Promise<JobResult> => {
    const { worker } = slot
    if (worker === undefined) return E.left(state.lost ?? crashed(job, ''))
    const result = await worker.run(job)
    if (result._tag !== 'Crashed' || stopped()) return result
    const died = (deaths.get(job.id) ?? 0) + 1
    deaths.set(job.id, died)
    const fresh = await worker.again()
    slot.worker = E.isRight(fresh) ? fresh.right : undefined
    onReplaced?.(worker, slot.worker)
    if (E.isLeft(fresh)) {
      state.living -= 1
      state.lost = fresh.left
    }
    if (stopped()) return result
    if (died > 1) return E.left(crashed(job, result.reason))
    if (state.living > 0) onRetry(job, result.reason)
    return slot.worker === undefined ? result : attempt(slot, job)
  }

  const work = async (first: Worker): Promise<void> => {
    const slot: { worker: Worker | undefined } = { worker: first }
    // While a job runs, it may come back from a worker that cannot be replaced.
    while ((open.size > 0 || state.running > 0) && !stopped() && slot.worker !== undefined) {
      const job = next()
      if (job === undefined) {
        await new Promise<void>((resume) => waiters.push(resume))
        continue
      }
      open.delete(job)
      state.running += 1
      onStart?.(job)
      const started = Date.now()
      const result = await attempt(slot, job)
      state.running -= 1
      if (result._tag === 'Right') {
        undone.delete(job.id)
        onDone(job, (Date.now() - started) / 1000)
      } else if (!stopped()) {
        if (result._tag === 'Left') fail(job, result.left)
        else open.add(job)
      }
      wake()
    }
    wake()
  }
  await Promise.all(workers.map(work))
  if (!stopped())
    for (const job of open)
      failed.set(job.id, { job, fault: state.lost ?? crashed(job, 'no worker is left') })
  return [...failed.values()]
}
