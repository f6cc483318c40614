/**
 * The jobs of a schedule that other processes run as well, by the store alone. A job is run while its lease is held, by the process that
 * starts worker processes and not by these, so that a step that takes hours does not lose it. Cells need no mark of their own: a cell
 * is done when the store has it. Nor do the steps before it: where another process has run one, running it again finds its result stored;
 * and a step is left out once all cells that need it are finished.
 */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Job } from '../../plan/plan'
import type { Lease, ResultStore } from '../../store'
import type { Claim, Claims, JobEnd } from './claim'
import {
  type Attempts,
  failedIds,
  faultOf,
  jobHash,
  nextAttempts,
  readAttempts,
  removeAttempts,
  removeFailedCell,
  writeAttempts,
  writeFailedCell,
} from './failedJobs'
import type { AsideTimes } from './setAside'

// model ------------------------------------------------------------------------------------------

export interface SharedSettings {
  readonly store: ResultStore
  /** The name of this process. */
  readonly by: string
  readonly warn: (line: string) => void
  /** How long a list of the finished cells is used, milliseconds; longer where listing takes long. */
  readonly listMs?: number
  readonly aside?: AsideTimes
}

/** How often in succession the store may fail before a job fails of it. */
const mostTroubles = 5

// parts ------------------------------------------------------------------------------------------

/** The cell that a job evaluates. */
const cellOf = ({ kind, id }: Job): string | undefined =>
  kind === 'cell' ? id.slice('cell|'.length) : undefined

/** The unfinished cells that need each job, by its id; a cell's own job included. */
const cellsBelow = (jobs: ReadonlyArray<Job>): ReadonlyMap<string, Map<string, Job>> => {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const found = new Map(jobs.map(({ id }) => [id, new Map<string, Job>()]))
  const add = (id: string, cell: string, job: Job): void => {
    const below = found.get(id)
    if (below === undefined || below.has(cell)) return
    below.set(cell, job)
    byId.get(id)?.needs.forEach((need) => add(need, cell, job))
  }
  for (const job of jobs) {
    const cell = cellOf(job)
    if (cell !== undefined) add(job.id, cell, job)
  }
  return found
}

/** The jobs that a cell needs, itself included. */
const above = (byId: ReadonlyMap<string, Job>, id: string): ReadonlySet<string> => {
  const found = new Set<string>()
  const add = (one: string): void => {
    if (found.has(one)) return
    found.add(one)
    byId.get(one)?.needs.forEach(add)
  }
  add(id)
  return found
}

// constructors -----------------------------------------------------------------------------------

/** The claims to these jobs. */
export const sharedJobs = (
  { store, by, warn, listMs = 2000, aside }: SharedSettings,
  jobs: ReadonlyArray<Job>,
): Claims => {
  const byId = new Map(jobs.map((job) => [job.id, job]))
  const below = cellsBelow(jobs)
  const state: { listAgain: number; troubles: number; warned: boolean; failed: ReadonlySet<string> } = {
    ...{ listAgain: 0, troubles: 0, warned: false },
    failed: new Set(),
  }
  const isOver = ({ id }: Job): boolean => below.get(id)?.size === 0
  const finish = (cell: string): void => {
    if (below.get(`cell|${cell}`)?.has(cell) === true)
      above(byId, `cell|${cell}`).forEach((id) => below.get(id)?.delete(cell))
  }

  /** Looks which cells other processes have finished, where that is not known of late. */
  const look = async (): Promise<E.Either<Fault, void>> => {
    const began = performance.now()
    if (began < state.listAgain) return E.right(undefined)
    const [cells, failed] = [await store.list('cells')(), await failedIds(store)()]
    if (E.isLeft(cells)) return cells
    if (E.isLeft(failed)) return failed
    cells.right.forEach(finish)
    state.failed = failed.right
    const ended = performance.now()
    state.listAgain = ended + Math.max(listMs, 20 * (ended - began))
    return E.right(undefined)
  }

  /** A store that fails now and then is asked again; one that keeps failing fails the job. */
  const troubled = (fault: Fault): Claim => {
    state.troubles += 1
    if (!state.warned) warn(`the store failed (${fault.message}); trying again`)
    state.warned = true
    return state.troubles >= mostTroubles ? { _tag: 'Failed', fault } : { _tag: 'Busy' }
  }
  /** What others only read: where it cannot be written, the work goes on. */
  const noted = async (write: TE.TaskEither<Fault, void>): Promise<void> => {
    const result = await write()
    if (E.isLeft(result) && !state.warned) {
      state.warned = true
      warn(`the store failed (${result.left.message})`)
    }
  }
  const tellCells = async (job: Job, attempts: Attempts): Promise<void> => {
    for (const [id, { factors }] of below.get(job.id) ?? [])
      await noted(writeFailedCell(store, { id, factors }, attempts))
  }

  const settled = async (job: Job, before: Attempts | undefined, end: JobEnd): Promise<'over' | 'again'> => {
    if (end._tag === 'Stopped') return 'again'
    if (end._tag === 'Failed') {
      if (end.fault.kind === 'interrupted') return 'again'
      const attempts = nextAttempts(before, job, end.fault, by)
      await noted(writeAttempts(store, attempts))
      if (!attempts.over) return 'again'
      await tellCells(job, attempts)
      return 'over'
    }
    const cell = cellOf(job)
    if (before !== undefined) await noted(removeAttempts(store, job))
    if (cell !== undefined) {
      finish(cell)
      if (state.failed.has(cell)) await noted(removeFailedCell(store, cell))
    }
    return 'over'
  }

  /** What is left to do for a job whose lease is held. */
  const held = async (job: Job, lease: Lease): Promise<Claim> => {
    const release = async (claim: Claim): Promise<Claim> => {
      await lease.release()
      return claim
    }
    const cell = cellOf(job)
    const there = cell === undefined ? E.right(false) : await store.get(`cells/${cell}`)()
    if (E.isLeft(there)) return release(troubled(there.left))
    if (there.right) {
      if (cell !== undefined) finish(cell)
      return release({ _tag: 'Done' })
    }
    const before = await readAttempts(store, job)()
    if (E.isLeft(before)) return release(troubled(before.left))
    state.troubles = 0
    if (before.right?.over === true) {
      await tellCells(job, before.right)
      return release({ _tag: 'Failed', fault: faultOf(before.right) })
    }
    return {
      _tag: 'Mine',
      settle: async (end) => {
        const next = await settled(job, before.right, end)
        await lease.release()
        return next
      },
    }
  }

  return {
    ...(aside === undefined ? {} : { aside }),
    claim: async (job) => {
      if (isOver(job)) return { _tag: 'Done' }
      const looked = await look()
      if (E.isLeft(looked)) return troubled(looked.left)
      if (isOver(job)) return { _tag: 'Done' }
      const taken = await store.lease(`jobs/${jobHash(job)}`)()
      if (E.isLeft(taken)) return troubled(taken.left)
      return E.isLeft(taken.right) ? { _tag: 'Busy' } : held(job, taken.right.right)
    },
  }
}
