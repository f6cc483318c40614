/** How far a run is, from the small documents of its store: no model is opened, and nothing is written. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { ResultStore } from '../../store'
import { failedIds } from './failedJobs'
import { type PlanFile, readPlan } from './planFile'
import { type WorkerFile, beatSeconds, readWorkers } from './workerFiles'

// model ------------------------------------------------------------------------------------------

export interface ShownWorker {
  readonly id: string
  /** What it runs; null while it waits. */
  readonly job: string | null
  readonly since: string
  readonly lastSeen: string
  /** Whether it has shown itself of late. */
  readonly alive: boolean
}

export interface Status {
  readonly cells: {
    readonly done: number
    readonly running: number
    readonly failed: number
    readonly waiting: number
  }
  readonly workers: ReadonlyArray<ShownWorker>
  /** 0 when nothing is left to do; null while nobody works. */
  readonly secondsLeft: number | null
}

/** After so many seconds of silence a worker counts as dead, and after so many it is no longer shown. */
const [deadSeconds, forgottenSeconds] = [6 * beatSeconds, 3600]

// parts ------------------------------------------------------------------------------------------

/** Clocks of machines may differ a little; a worker that is ahead has shown itself just now. */
const silentSeconds = ({ lastSeen }: WorkerFile, now: Date): number =>
  Math.max(0, (now.getTime() - Date.parse(lastSeen)) / 1000)

/** Each process tells what is left of the run in seconds of one worker, as far as it knows: the work is shared among all. */
const secondsLeft = (planned: number, open: number, living: ReadonlyArray<WorkerFile>): number | null => {
  if (planned > 0 && open === 0) return 0
  if (living.length === 0) return null
  const work = living.reduce((sum, file) => sum + file.work, 0) / living.length
  return Math.round(work / living.length)
}

const listed = t.type({
  cells: t.readonlyArray(t.type({ id: t.string })),
  failed: t.readonlyArray(t.unknown),
})

/** The cells of a run: as planned; of a run of an earlier version, as its results list them; empty where none are planned yet. */
const plannedIn = (store: ResultStore): TE.TaskEither<Fault, Pick<PlanFile, 'cells' | 'later'>> =>
  pipe(
    TE.Do,
    TE.bind('plan', () => readPlan(store)),
    TE.bind('results', ({ plan }) =>
      plan === undefined ? store.documents.read('results.json') : TE.right(undefined),
    ),
    TE.bind('config', ({ plan }) =>
      plan === undefined ? store.documents.read('config.yaml') : TE.right(undefined),
    ),
    TE.chain(({ plan, results, config }) => {
      if (plan !== undefined) return TE.right(plan)
      const found = pipe(
        E.tryCatch(
          (): unknown => JSON.parse(results ?? ''),
          () => undefined,
        ),
        E.chainW((u) => listed.decode(u)),
      )
      if (E.isRight(found)) return TE.right({ cells: found.right.cells.map(({ id }) => id), later: 0 })
      return config === undefined ? TE.left(noRun(store)) : TE.right({ cells: [], later: 0 })
    }),
  )

const noRun = ({ name }: ResultStore): Fault =>
  badInput('NoRun', 'is no results folder: it has neither plan.json nor config.yaml', {
    where: name,
    remedy: 'give the results folder or the store of a run that has begun',
  })

// constructors -----------------------------------------------------------------------------------

/** @returns left `NoRun` where no run was planned there */
export const statusOf = (store: ResultStore, now: Date = new Date()): TE.TaskEither<Fault, Status> =>
  pipe(
    TE.Do,
    TE.bind('plan', () => plannedIn(store)),
    TE.bind('stored', () => store.list('cells')),
    TE.bind('failedNow', () => failedIds(store)),
    TE.bind('files', () => readWorkers(store)),
    TE.map(({ plan, stored, failedNow, files }) => {
      const finished = new Set(stored)
      const done = plan.cells.filter((id) => finished.has(id)).length
      const failed = plan.cells.filter((id) => !finished.has(id) && failedNow.has(id)).length
      const open = plan.cells.length + plan.later - done - failed
      const living = files.filter((file) => silentSeconds(file, now) <= deadSeconds)
      const running = Math.min(open, living.filter(({ cell }) => cell).length)
      return {
        cells: { done, running, failed, waiting: open - running },
        workers: [...files]
          .sort((a, b) => (a.id < b.id ? -1 : 1))
          .filter((file) => silentSeconds(file, now) <= forgottenSeconds)
          .map((file) => ({
            ...{ id: file.id, job: file.job, since: file.since, lastSeen: file.lastSeen },
            alive: living.includes(file),
          })),
        secondsLeft: secondsLeft(plan.cells.length, open, living),
      }
    }),
  )
