/**
 * Gives jobs to workers. A job starts when the jobs it needs are done, in the order of `order.ts`; no worker waits while one can
 * start. A job whose worker dies is run once more, on the worker started in its place or, where none can be started, on another one.
 * A job that fails also fails those that need it; the others continue.
 *
 * Where jobs are shared with other processes (`fleet/`), each is claimed before it is run. One that another process runs is set aside
 * and looked at again later; the schedule ends when no job is left, whoever ran it.
 */
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import type { Job } from '../plan/plan'
import { type Claim, type Claims, alone } from './fleet/claim'
import { setAside } from './fleet/setAside'
import { dependantsOf, queueOf } from './order'

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
  /** A job that there is nothing left to do for: other processes have done it. */
  readonly onElsewhere?: (job: Job) => void
  /** A job that failed, or that needs one that did. */
  readonly onFailed?: (failed: FailedJob) => void
  readonly onRetry: (job: Job, reason: string) => void
  /** A job that failed and is tried again, here or elsewhere. */
  readonly onAgain?: (job: Job, fault: Fault) => void
  /** A dead worker's successor; undefined where none could be started. */
  readonly onReplaced?: (dead: Worker, successor: Worker | undefined) => void
  readonly stopped: () => boolean
  /** How jobs are shared with other processes; absent: they are not. */
  readonly claims?: Claims
}

// running ----------------------------------------------------------------------------------------

const crashed = (job: Job, reason: string): Fault =>
  failure('WorkerCrashed', `the worker process died twice${reason === '' ? '' : ` (${reason})`}`, {
    where: job.id,
    remedy: 'free memory or use fewer `workers`, then run the same command again',
  })

/** How long a schedule waits at most before it looks whether it is stopped, milliseconds. */
const longestWaitMs = 500

/** Runs every job that can be run; returns those that failed, including their dependants. */
export const schedule = async (
  jobs: ReadonlyArray<Job>,
  workers: ReadonlyArray<Worker>,
  {
    onStart,
    onDone,
    onElsewhere,
    onFailed,
    onRetry,
    onAgain,
    onReplaced,
    stopped,
    claims = alone,
  }: ScheduleEvents,
): Promise<ReadonlyArray<FailedJob>> => {
  const open = new Set(jobs)
  const failed = new Map<string, FailedJob>()
  const waiters: (() => void)[] = []
  const wake = (): void => waiters.splice(0).forEach((resume) => resume())
  const queue = queueOf(jobs, workers.length)
  const aside = setAside(claims.aside)
  const dependants = dependantsOf(jobs)
  const planned = new Set(jobs.map(({ id }) => id))
  /** How many needs of each job are not done yet. */
  const undone = new Map(jobs.map(({ id, needs }) => [id, needs.filter((need) => planned.has(need)).length]))
  jobs.filter(({ id }) => undone.get(id) === 0).forEach(queue.add)

  const finish = ({ id }: Job): void => {
    for (const next of dependants.get(id) ?? []) {
      const left = (undone.get(next.id) ?? 0) - 1
      undone.set(next.id, left)
      if (left === 0 && open.has(next)) queue.add(next)
    }
  }
  const fail = (job: Job, fault: Fault): void => {
    failed.set(job.id, { job, fault })
    onFailed?.({ job, fault })
    for (const next of dependants.get(job.id) ?? [])
      if (open.delete(next)) {
        queue.drop(next)
        fail(next, fault)
      }
  }
  /** Looks at a job again later. */
  const later = (job: Job): void => {
    open.add(job)
    aside.put(job)
  }
  const woken = (): Promise<void> =>
    new Promise((resume) => {
      const due = aside.nextMs()
      const timer = due === undefined ? undefined : setTimeout(resume, Math.min(longestWaitMs, due))
      waiters.push(() => {
        clearTimeout(timer)
        resume()
      })
    })

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

  /** Runs a job on a worker and tells what came of it. */
  const run = async (
    slot: { worker: Worker | undefined },
    job: Job,
    settle: Extract<Claim, { readonly _tag: 'Mine' }>['settle'],
  ): Promise<void> => {
    onStart?.(job)
    const started = Date.now()
    const result = await attempt(slot, job)
    if (result._tag === 'Right') {
      await settle({ _tag: 'Done' })
      finish(job)
      onDone(job, (Date.now() - started) / 1000)
    } else if (stopped() || result._tag === 'Crashed') {
      await settle({ _tag: 'Stopped' })
      open.add(job)
      queue.add(job)
    } else if ((await settle({ _tag: 'Failed', fault: result.left })) === 'again') {
      onAgain?.(job, result.left)
      later(job)
    } else fail(job, result.left)
  }

  const work = async (first: Worker): Promise<void> => {
    const slot: { worker: Worker | undefined } = { worker: first }
    // While a job runs, it may come back from a worker that cannot be replaced.
    while ((open.size > 0 || state.running > 0) && !stopped() && slot.worker !== undefined) {
      aside.due().forEach(queue.add)
      const job = queue.take()
      if (job === undefined) {
        await woken()
        continue
      }
      open.delete(job)
      state.running += 1
      const claim = await claims.claim(job)
      if (claim._tag === 'Mine') await run(slot, job, claim.settle)
      else if (claim._tag === 'Busy') later(job)
      else if (claim._tag === 'Failed') fail(job, claim.fault)
      else {
        finish(job)
        onElsewhere?.(job)
      }
      state.running -= 1
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
