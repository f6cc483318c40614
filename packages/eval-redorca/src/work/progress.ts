/** The progress of a benchmark: the time it has taken as a share of that and the time it still takes (`timeLeft.ts`). */
import type { Progress, Terminal } from '@safe/tensor-core/cli'
import { cellName, isDefended } from '../plan/factors'
import type { Job } from '../plan/plan'
import { type Measured, secondsLeft } from './timeLeft'

// model ------------------------------------------------------------------------------------------

export const jobName = ({ kind, factors: f }: Job): string => {
  const what = {
    rows: `rows of attacker ${f.attacker ?? ''}`,
    data: f.data,
    adapter: isDefended(f, 'training') ? `fine-tuning with ${f.training}` : 'fine-tuning',
    weights: f.weights,
    cell: cellName(f),
  }[kind]
  return kind === 'cell' ? `evaluated ${what}` : what
}

/** The progress of a run over all its rounds. */
export interface Tracker {
  /** A round begins. `later` are the jobs of the rounds after it, as far as they are known. */
  readonly round: (jobs: ReadonlyArray<Job>, later: ReadonlyArray<Job>, workers: number) => void
  readonly started: (job: Job) => void
  readonly progress: (job: Job, share: number) => void
  readonly done: (job: Job, seconds: number) => void
  readonly failed: (job: Job) => void
  /** A job that other processes have done. */
  readonly elsewhere: (job: Job) => void
  readonly secondsLeft: () => number
  readonly stop: () => void
}

interface State {
  readonly waiting: Map<string, Job>
  readonly running: Map<string, { readonly job: Job; readonly since: number; share: number }>
  readonly measured: Measured[]
  later: ReadonlyArray<Job>
  workers: number
  /** When the first round began. */
  began?: number
  bar?: Progress
  shown: number
  /** When the time left may be computed again for the bar: of many jobs that takes long. */
  again: number
}

/** The time between two computations of the time left for the bar, in those that one took. */
const restsPerLook = 20

// constructors -----------------------------------------------------------------------------------

/** @param now milliseconds */
export const tracker = (terminal: Terminal, now: () => number = Date.now): Tracker => {
  const state: State = {
    ...{ waiting: new Map(), running: new Map(), measured: [] },
    ...{ later: [], workers: 1, shown: 0, again: 0 },
  }
  const left = (): number =>
    secondsLeft(
      [
        {
          waiting: [...state.waiting.values()],
          started: [...state.running.values()].map(({ job, since, share }) => ({
            ...{ job, share },
            seconds: (now() - since) / 1000,
          })),
        },
        { waiting: state.later, started: [] },
      ],
      state.measured,
      state.workers,
    )
  const show = (note: string): void => {
    const began = performance.now()
    if (began < state.again) return
    const [spent, remaining] = [(now() - (state.began ?? now())) / 1000, left()]
    const percent = Math.floor((100 * spent) / Math.max(1e-9, spent + remaining))
    const step = Math.max(0, Math.min(100, percent) - state.shown)
    state.shown += step
    state.bar?.tick(step, note, remaining)
    const ended = performance.now()
    state.again = ended + restsPerLook * (ended - began)
  }
  const over = ({ id }: Job): void => {
    state.running.delete(id)
    state.waiting.delete(id)
  }
  return {
    round: (jobs, later, workers) => {
      state.waiting.clear()
      state.running.clear()
      jobs.forEach((job) => state.waiting.set(job.id, job))
      Object.assign(state, { later, workers, began: state.began ?? now() })
      state.bar ??= terminal.progress('benchmark', 100)
    },
    started: (job) => {
      state.waiting.delete(job.id)
      state.running.set(job.id, { job, since: now(), share: 0 })
    },
    progress: (job, share) => {
      const found = state.running.get(job.id)
      if (found !== undefined) found.share = share
      show(jobName(job))
    },
    done: (job, seconds) => {
      over(job)
      state.measured.push({ job, seconds })
      show(jobName(job))
    },
    failed: over,
    elsewhere: (job) => {
      over(job)
      show(jobName(job))
    },
    secondsLeft: left,
    stop: () => state.bar?.stop(),
  }
}
