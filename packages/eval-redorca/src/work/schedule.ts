/**
 * Gives jobs to workers: a job starts when what it needs is done; one regime and seed after the other, so that a long run has
 * finished cells early, and within them the job with the longest road behind it first. A job whose
 * worker dies is given to another once more; a job that fails takes those that need it with it, and the rest goes on.
 */
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Job } from '../plan/plan'

// model ------------------------------------------------------------------------------------------

/** `crashed`: the worker is gone and its job undone. */
export type JobResult = E.Either<Fault, void> | { readonly _tag: 'Crashed'; readonly said: string }

export interface Worker {
  readonly run: (job: Job) => Promise<JobResult>
  /** A fresh worker in place of a dead one. */
  readonly again: () => Promise<E.Either<Fault, Worker>>
}

export interface FailedJob {
  readonly job: Job
  readonly fault: Fault
}

export interface ScheduleEvents {
  readonly onDone: (job: Job, seconds: number) => void
  readonly onRetry: (job: Job, said: string) => void
  readonly stopped: () => boolean
}

// order ------------------------------------------------------------------------------------------

/** Cost of a job and of the most expensive chain that waits for it. */
export const roads = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, number> => {
  const waiting = new Map<string, ReadonlyArray<Job>>()
  for (const job of jobs) for (const need of job.needs) waiting.set(need, [...(waiting.get(need) ?? []), job])
  const known = new Map<string, number>()
  const road = (job: Job): number => {
    const before = known.get(job.id)
    if (before !== undefined) return before
    const length = job.cost + Math.max(0, ...(waiting.get(job.id) ?? []).map(road))
    known.set(job.id, length)
    return length
  }
  jobs.forEach(road)
  return known
}

const inOrder = (jobs: ReadonlyArray<Job>, road: ReadonlyMap<string, number>): ReadonlyArray<Job> => {
  const group = ({ factors }: Job): string => `${factors.regime} ${factors.seed}`
  const groups = [...new Set(jobs.map(group))]
  return [...jobs].sort(
    (a, b) =>
      groups.indexOf(group(a)) - groups.indexOf(group(b)) || (road.get(b.id) ?? 0) - (road.get(a.id) ?? 0),
  )
}

// running ----------------------------------------------------------------------------------------

const lost = (job: Job, said: string): Fault =>
  failure('WorkerCrashed', `the worker process died twice${said === '' ? '' : ` (${said})`}`, {
    where: job.id,
    remedy: 'free memory or use fewer --workers, then run the same command again',
  })

/** Runs every job that can be run; gives back those that failed, their dependants included. */
export const schedule = async (
  jobs: ReadonlyArray<Job>,
  workers: ReadonlyArray<Worker>,
  { onDone, onRetry, stopped }: ScheduleEvents,
): Promise<ReadonlyArray<FailedJob>> => {
  const road = roads(jobs)
  const open = new Set(inOrder(jobs, road))
  const undone = new Set(jobs.map((job) => job.id))
  const failed = new Map<string, FailedJob>()
  const waiters: (() => void)[] = []
  const wake = (): void => waiters.splice(0).forEach((go) => go())

  const fail = (job: Job, fault: Fault): void => {
    failed.set(job.id, { job, fault })
    for (const next of [...open])
      if (next.needs.includes(job.id)) {
        open.delete(next)
        fail(next, fault)
      }
  }
  const next = (): Job | undefined => {
    for (const job of open) if (job.needs.every((need) => !undone.has(need))) return job
    return undefined
  }

  /** Runs a job, and once more on a fresh worker where the first one died; a dead worker is always replaced. */
  const attempt = async (
    seat: { worker: Worker | undefined },
    job: Job,
    more: number,
  ): Promise<JobResult> => {
    if (seat.worker === undefined) return E.left(lost(job, 'no worker could be started'))
    const { worker } = seat
    const result = await worker.run(job)
    if (result._tag !== 'Crashed' || stopped()) return result
    const fresh = await worker.again()
    seat.worker = E.isRight(fresh) ? fresh.right : undefined
    if (E.isLeft(fresh)) return fresh
    if (more === 0) return result
    onRetry(job, result.said)
    return attempt(seat, job, more - 1)
  }

  const work = async (first: Worker): Promise<void> => {
    const seat: { worker: Worker | undefined } = { worker: first }
    while (open.size > 0 && !stopped() && seat.worker !== undefined) {
      const job = next()
      if (job === undefined) {
        await new Promise<void>((go) => waiters.push(go))
        continue
      }
      open.delete(job)
      const started = Date.now()
      const result = await attempt(seat, job, 1)
      if (result._tag === 'Right') {
        undone.delete(job.id)
        onDone(job, (Date.now() - started) / 1000)
      } else if (!stopped()) fail(job, result._tag === 'Left' ? result.left : lost(job, result.said))
      wake()
    }
    wake()
  }
  await Promise.all(workers.map(work))
  if (!stopped()) for (const job of open) failed.set(job.id, { job, fault: lost(job, 'no worker is left') })
  return [...failed.values()]
}
