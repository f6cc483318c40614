/**
 * Gives jobs to workers. A job starts when the jobs it needs are done, in the order of `order.ts`; no worker waits while one can
 * start. A job whose worker dies is given to another worker once. A job that fails also fails those that need it; the others
 * continue.
 */
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Job } from '../plan/plan'
import { orderOf } from './order'

// model ------------------------------------------------------------------------------------------

/** `Crashed`: the worker process has died and its job is not done; `reason` is its last message. */
export type JobResult = E.Either<Fault, void> | { readonly _tag: 'Crashed'; readonly reason: string }

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

  /** Runs a job, and once more on a new worker where the first one died; a dead worker is always replaced. */
  const attempt = async (
    slot: { worker: Worker | undefined },
    job: Job,
    retries: number,
  ): Promise<JobResult> => {
    if (slot.worker === undefined) return E.left(crashed(job, 'no worker could be started'))
    const { worker } = slot
    const result = await worker.run(job)
    if (result._tag !== 'Crashed' || stopped()) return result
    const fresh = await worker.again()
    slot.worker = E.isRight(fresh) ? fresh.right : undefined
    onReplaced?.(worker, slot.worker)
    if (E.isLeft(fresh)) return fresh
    if (retries === 0) return result
    onRetry(job, result.reason)
    return attempt(slot, job, retries - 1)
  }

  const work = async (first: Worker): Promise<void> => {
    const slot: { worker: Worker | undefined } = { worker: first }
    while (open.size > 0 && !stopped() && slot.worker !== undefined) {
      const job = next()
      if (job === undefined) {
        await new Promise<void>((resume) => waiters.push(resume))
        continue
      }
      open.delete(job)
      onStart?.(job)
      const started = Date.now()
      const result = await attempt(slot, job, 1)
      if (result._tag === 'Right') {
        undone.delete(job.id)
        onDone(job, (Date.now() - started) / 1000)
      } else if (!stopped()) fail(job, result._tag === 'Left' ? result.left : crashed(job, result.reason))
      wake()
    }
    wake()
  }
  await Promise.all(workers.map(work))
  if (!stopped())
    for (const job of open) failed.set(job.id, { job, fault: crashed(job, 'no worker is left') })
  return [...failed.values()]
}
