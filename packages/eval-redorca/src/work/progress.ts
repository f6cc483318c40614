/** The progress of a benchmark in percent of the estimated work: finished jobs, and what workers report about running ones. */
import type { Terminal } from '@safe/tensor-core/cli'
import { cellName, isDefended } from '../plan/factors'
import type { Job } from '../plan/plan'

export const jobName = ({ kind, factors: f }: Job): string => {
  const what = {
    data: f.data,
    adapter: isDefended(f, 'training') ? `fine-tuning with ${f.training}` : 'fine-tuning',
    weights: f.weights,
    cell: cellName(f),
  }[kind]
  return kind === 'cell' ? `evaluated ${what}` : what
}

export interface Tracker {
  readonly progress: (worker: number, job: Job, share: number) => void
  readonly done: (job: Job) => void
  readonly stop: () => void
}

export const tracker = (terminal: Terminal, jobs: ReadonlyArray<Job>): Tracker => {
  const total = jobs.reduce((s, job) => s + job.cost, 0)
  const bar = terminal.progress('benchmark', 100)
  const running = new Map<number, number>()
  const state = { done: 0, shown: 0 }
  const show = (note: string): void => {
    const part = [...running.values()].reduce((s, x) => s + x, 0)
    const percent = Math.min(100, Math.floor((100 * (state.done + part)) / Math.max(1, total)))
    const step = Math.max(0, percent - state.shown)
    state.shown += step
    bar.tick(step, note)
  }
  return {
    progress: (worker: number, job: Job, share: number) => {
      running.set(worker, share * job.cost)
      show(jobName(job))
    },
    done: (job: Job) => {
      running.clear()
      state.done += job.cost
      show(jobName(job))
    },
    stop: bar.stop,
  }
}
