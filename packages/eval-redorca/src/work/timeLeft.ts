/**
 * The time a run still takes, from what its own jobs took. The ratio of measured to expected seconds corrects what is expected of the
 * open jobs: that of the jobs of the same kind and method, drawn to that of the kind where few are finished, and that in turn to the
 * ratio of all jobs:
 *
 *     ratio = (n r + r') / (n + 1)      n finished jobs with ratio r, r' the ratio that they are drawn to
 *
 * Before any job is finished the expectation stands as it is.
 */
import type { Job } from '../plan/plan'
import { criticalPaths } from './order'

// model ------------------------------------------------------------------------------------------

/** A finished job, and what it took. */
export interface Measured {
  readonly job: Job
  readonly seconds: number
}

/** A job that is being done. */
export interface Started {
  readonly job: Job
  /** What its worker reports, from 0 to 1. */
  readonly share: number
  /** Since it was started. */
  readonly seconds: number
}

/** A round of jobs. */
export interface Round {
  readonly waiting: ReadonlyArray<Job>
  readonly started: ReadonlyArray<Started>
}

// parts ------------------------------------------------------------------------------------------

/** Training that took less than this share of what was expected was found in the store: it says nothing about training. */
const storedShare = 0.01
const isMeasure = ({ job: { kind, cost }, seconds }: Measured): boolean =>
  kind === 'cell' || kind === 'weights' || seconds >= storedShare * cost

/** A started job is never nearly done: it may take longer than expected. */
const leastLeft = 0.05

const methodOf = ({ kind, factors: f }: Job): string =>
  `${kind} ${{ rows: f.attacker ?? '', data: f.data, adapter: f.training, weights: f.weights, cell: f.decoding }[kind]}`

const sum = (values: ReadonlyArray<number>): number => values.reduce((total, x) => total + x, 0)

const ratioOf = (measured: ReadonlyArray<Measured>, towards: number): number => {
  const [seconds, cost] = [sum(measured.map((m) => m.seconds)), sum(measured.map((m) => m.job.cost))]
  return cost === 0 ? towards : ((measured.length * seconds) / cost + towards) / (measured.length + 1)
}

// constructors -----------------------------------------------------------------------------------

/** What a job takes, in seconds, as corrected by finished ones. One of no expected cost takes what its like took. */
export const corrected = (measured: ReadonlyArray<Measured>): ((job: Job) => number) => {
  const used = measured.filter(isMeasure)
  const cost = sum(used.map(({ job }) => job.cost))
  const overall = cost === 0 ? 1 : sum(used.map(({ seconds }) => seconds)) / cost
  const ratios = new Map<string, number>()
  const ratioFor = (job: Job): number => {
    const method = methodOf(job)
    const before = ratios.get(method)
    if (before !== undefined) return before
    const kind = ratioOf(
      used.filter((m) => m.job.kind === job.kind),
      overall,
    )
    const ratio = ratioOf(
      used.filter((m) => methodOf(m.job) === method),
      kind,
    )
    ratios.set(method, ratio)
    return ratio
  }
  return (job) => {
    if (job.cost > 0) return job.cost * ratioFor(job)
    const alike = used.filter((m) => methodOf(m.job) === methodOf(job))
    return alike.length === 0 ? 0 : sum(alike.map(({ seconds }) => seconds)) / alike.length
  }
}

/** The seconds that a round still takes: its work shared among the workers, but no less than its longest chain. */
const roundLeft = ({ waiting, started }: Round, seconds: (job: Job) => number, workers: number): number => {
  const jobs = [
    ...waiting.map((job) => ({ ...job, cost: seconds(job) })),
    ...started.map(({ job, share, seconds: spent }) => {
      const whole = seconds(job)
      const left = Math.min(whole * (1 - share), Math.max(whole - spent, leastLeft * whole))
      return { ...job, cost: left }
    }),
  ]
  const longest = [...criticalPaths(jobs).values()].reduce((a, b) => Math.max(a, b), 0)
  return Math.max(longest, sum(jobs.map(({ cost }) => cost)) / workers)
}

/** The seconds that these rounds still take, one after the other. */
export const secondsLeft = (
  rounds: ReadonlyArray<Round>,
  measured: ReadonlyArray<Measured>,
  workers: number,
): number => {
  const seconds = corrected(measured)
  return sum(rounds.map((round) => roundLeft(round, seconds, Math.max(1, workers))))
}
