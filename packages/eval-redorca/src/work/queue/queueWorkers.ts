/**
 * The asking side of a queue: workers that run each job they are given by queueing it and waiting for its end in the store. What the
 * queue says is only a sign to look; the store is the truth. So a server that forgets everything loses nothing: a job that the
 * queue no longer knows and that has no end is queued again.
 */
import { setMaxListeners } from 'node:events'
import * as E from 'fp-ts/Either'
import { contentHash } from '@safe/tensor-core/files'
import { configDocument } from '../../config/config'
import type { Bench } from '../../plan/bench'
import type { Job } from '../../plan/plan'
import { type ResultStore, pause } from '../../store'
import type { JobResult, Worker } from '../schedule'
import { stoppedFault } from '../stopped'
import type { Assignment } from '../workerProcess'
import { lostFault, queueKeys } from './broker'
import type { QueueUse } from './queueUse'
import { type Ticket, readEnd, removeJob, removeJobs, ticketId, ticketOf, writeAssigned } from './queuedJob'

// model ------------------------------------------------------------------------------------------

export interface QueueWorkers {
  readonly workers: ReadonlyArray<Worker>
  /** Takes back what nobody has begun. */
  readonly close: () => Promise<void>
}

/** How often the store is looked at without a sign, milliseconds. */
const lookMs = 5000
/** How long taking jobs back may last. */
const closingMs = 3000

// parts ------------------------------------------------------------------------------------------

/** What some work gives, or undefined once the signal is given: a command to a server that is away never ends. */
const unless = <A>(signal: AbortSignal, work: Promise<A>): Promise<A | undefined> =>
  new Promise((resolve, reject) => {
    const end = (): void => resolve(undefined)
    signal.addEventListener('abort', end)
    if (signal.aborted) end()
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', end))
  })

// constructors -----------------------------------------------------------------------------------

/** The benchmark's name in the queue. */
export const benchmarkOf = ({ config }: Pick<Bench, 'config'>): string => contentHash(configDocument(config))

/** @param assignment called when a job is queued */
export const queueWorkers = (
  { broker, inFlight, priority }: QueueUse,
  store: ResultStore,
  bench: Bench,
  assignment: () => Assignment,
  signal: AbortSignal,
): QueueWorkers => {
  const { Queue, QueueEvents } = broker.bullmq
  const { name, prefix } = queueKeys
  const queue = new Queue(name, { connection: broker.connect(), prefix })
  const events = new QueueEvents(name, { connection: broker.connect(), prefix })
  // The broker's own watch says when a server is lost; these only keep the process from ending.
  queue.on('error', () => undefined)
  events.on('error', () => undefined)
  const benchmark = benchmarkOf(bench)
  const waiting = new Map<string, () => void>()
  const seen = ({ jobId }: { readonly jobId: string }): void => waiting.get(jobId)?.()
  events.on('completed', seen)
  events.on('failed', seen)

  const stop = AbortSignal.any([signal, broker.lost])
  // Each job that waits listens.
  setMaxListeners(0, stop)
  const stopped = (): E.Either<ReturnType<typeof lostFault>, never> =>
    E.left(signal.aborted ? stoppedFault : lostFault(broker))

  /** The end of one look: an end in the store is found though the server is away. */
  const look = (): AbortSignal => AbortSignal.any([stop, AbortSignal.timeout(lookMs)])

  /** Until the queue gives a sign of this job, or it is time to look. */
  const sign = async (id: string): Promise<void> => {
    const woken = new AbortController()
    waiting.set(id, () => woken.abort())
    await pause(lookMs, AbortSignal.any([stop, woken.signal]))
    waiting.delete(id)
  }
  const enqueue = (ticket: Ticket): Promise<unknown> =>
    queue.add('job', ticket, {
      jobId: ticketId(ticket),
      priority,
      ...{ removeOnComplete: true, removeOnFail: true, attempts: 1 },
    })
  const ended = async (ticket: Ticket): Promise<JobResult | undefined> => {
    const end = await readEnd(store, ticket)()
    return E.isLeft(end) ? end : end.right
  }

  const run = async (job: Job): Promise<JobResult> => {
    const { hashes, engine, cell } = assignment()
    const evaluated = cell(job)
    const ticket = ticketOf(store.name, benchmark, job)
    const written = await writeAssigned(store, ticket, {
      ...{ job, engine, hashes },
      ...(evaluated === undefined ? {} : { cell: evaluated }),
    })()
    if (E.isLeft(written)) return written
    const id = ticketId(ticket)
    for (;;) {
      if (stop.aborted) return stopped()
      try {
        // Asked before the end is looked for: a job may end, and be forgotten, between the two.
        const isGone = (await unless(look(), queue.getJobState(id))) === 'unknown'
        const end = await ended(ticket)
        if (end !== undefined) {
          await removeJob(store, ticket)()
          return end
        }
        if (isGone) await unless(look(), enqueue(ticket))
      } catch {
        // The server is away or was emptied while it was asked: the next look says more.
      }
      await sign(id)
    }
  }
  const worker: Worker = { run, again: () => Promise.resolve(E.right(worker)) }
  return {
    workers: Array.from({ length: inFlight }, () => ({ ...worker })),
    close: async () => {
      const leave = AbortSignal.any([AbortSignal.timeout(closingMs), broker.lost])
      await unless(
        leave,
        Promise.all([...waiting.keys()].map((id) => queue.remove(id).catch(() => undefined))),
      )
      // One process asks for a benchmark in a store: whatever is left was asked by this one, or by one that was killed.
      await removeJobs(store, benchmark)()
      await unless(
        leave,
        Promise.all([queue.close(), events.close()]).catch(() => undefined),
      )
    },
  }
}
