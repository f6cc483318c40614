/**
 * How many completions are computed at once, and how many requests wait. Jobs start in the order in which their requests came; a
 * request with several jobs may have some of them running while others wait.
 */
import * as E from 'fp-ts/Either'

// model ------------------------------------------------------------------------------------------

/** Starts when there is a place, and gives it back by calling `release` once. */
export type Job = (release: () => void) => void

/** The limits. */
export interface GateLimits {
  /** Jobs that run at once. */
  readonly maxConcurrency: number
  /** Requests that wait. */
  readonly maxQueue: number
}

/** What the gate is doing. */
export interface GateState {
  readonly running: number
  /** Requests with at least one job that has not started. */
  readonly waiting: number
}

export interface Gate {
  /**
   * Lets a request in: its jobs run or wait. The function returned withdraws those that wait; running ones are stopped by their
   * owner, who then releases their places. Left where the waiting room is full: seconds until a place is likely to be free.
   */
  readonly enter: (jobs: ReadonlyArray<Job>) => E.Either<number, () => void>
  readonly state: () => GateState
}

/** A request that waits. */
interface Waiting {
  readonly jobs: ReadonlyArray<Job>
  /** The first job that has not started. */
  next: number
}

// estimate ---------------------------------------------------------------------------------------

/** The weight of the newest job in the mean: the mean follows the last twenty or so. */
const newest = 0.1
const longestWait = 120

/** @param mean seconds per job @returns whole seconds, at least 1 */
export const waitSeconds = (mean: number, jobsWaiting: number, maxConcurrency: number): number =>
  Math.min(longestWait, Math.max(1, Math.ceil((mean * (jobsWaiting + 1)) / maxConcurrency)))

// constructors -----------------------------------------------------------------------------------

/** @param now seconds of any clock */
export const makeGate = (
  { maxConcurrency, maxQueue }: GateLimits,
  now: () => number = () => performance.now() / 1000,
): Gate => {
  const waiting: Array<Waiting> = []
  const state = { running: 0, starting: false, mean: 1 }

  const release = (started: number): (() => void) => {
    let isHeld = true
    return () => {
      if (!isHeld) return
      isHeld = false
      state.running -= 1
      state.mean += newest * (now() - started - state.mean)
      start()
    }
  }

  /** A job may end before its call returns; the outer loop then goes on, so that the stack does not grow. */
  const start = (): void => {
    if (state.starting) return
    state.starting = true
    for (let first = waiting[0]; first !== undefined && state.running < maxConcurrency; first = waiting[0]) {
      const job = first.jobs[first.next]
      first.next += 1
      if (first.next >= first.jobs.length) waiting.shift()
      if (job === undefined) continue
      state.running += 1
      job(release(now()))
    }
    state.starting = false
  }

  return {
    enter: (jobs) => {
      const isFree = state.running < maxConcurrency && waiting.length === 0
      if (!isFree && waiting.length >= maxQueue)
        return E.left(
          waitSeconds(
            state.mean,
            waiting.reduce((n, { jobs: all, next }) => n + all.length - next, 0),
            maxConcurrency,
          ),
        )
      const own: Waiting = { jobs, next: 0 }
      waiting.push(own)
      start()
      return E.right(() => {
        const at = waiting.indexOf(own)
        if (at !== -1) waiting.splice(at, 1)
      })
    },
    state: () => ({ running: state.running, waiting: waiting.length }),
  }
}
