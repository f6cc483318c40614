/** Jobs that other processes run, until this one looks at them again: after a second or two, then ever more rarely. */
import type { Job } from '../../plan/plan'

// model ------------------------------------------------------------------------------------------

export interface SetAside {
  readonly put: (job: Job) => void
  /** The jobs whose time has come; they are no longer set aside. */
  readonly due: () => ReadonlyArray<Job>
  /** Milliseconds until the next one is due; undefined where there is none. */
  readonly nextMs: () => number | undefined
}

/** How long a job is set aside, milliseconds: at first, and at most. Up to as much again is added at random. */
export interface AsideTimes {
  readonly firstMs: number
  readonly longestMs: number
}
export const asideTimes: AsideTimes = { firstMs: 1000, longestMs: 8000 }

// constructors -----------------------------------------------------------------------------------

export const setAside = (
  { firstMs, longestMs }: AsideTimes = asideTimes,
  now: () => number = () => performance.now(),
): SetAside => {
  const state: { waiting: ReadonlyArray<{ readonly job: Job; readonly at: number }> } = { waiting: [] }
  const waits = new Map<string, number>()
  return {
    put: (job) => {
      const wait = waits.get(job.id) ?? firstMs
      waits.set(job.id, Math.min(longestMs, 1.5 * wait))
      state.waiting = [...state.waiting, { job, at: now() + wait * (1 + Math.random()) }]
    },
    due: () => {
      const time = now()
      const found = state.waiting.filter(({ at }) => at <= time)
      if (found.length > 0) state.waiting = state.waiting.filter(({ at }) => at > time)
      return found.map(({ job }) => job)
    },
    nextMs: () =>
      state.waiting.length === 0
        ? undefined
        : Math.max(0, state.waiting.reduce((least, { at }) => Math.min(least, at), Infinity) - now()),
  }
}
