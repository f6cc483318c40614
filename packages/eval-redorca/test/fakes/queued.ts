/** The order of jobs as one function, for runs without processes. */
import type { Job } from '../../src/plan/plan'
import { queueOf } from '../../src/work/order'

/** The job to take of those that can start. */
export type NextJob = (open: Iterable<Job>, canStart: (job: Job) => boolean) => Job | undefined

/** The queue, told of each job when it can start. */
export const queued = (jobs: ReadonlyArray<Job>, workers: number): NextJob => {
  const [queue, told] = [queueOf(jobs, workers), new Set<Job>()]
  return (open, canStart) => {
    for (const job of open)
      if (!told.has(job) && canStart(job)) {
        told.add(job)
        queue.add(job)
      }
    return queue.take()
  }
}
