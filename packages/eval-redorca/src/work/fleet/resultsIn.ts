/** The results of a folder as its cells are now: those of a fleet may have been finished since `results.json` was written, or without it. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { type ReadResults, readListing, readResults, resultsOfCells } from '../../results/resultsFile'
import type { ResultStore } from '../../store'
import { finishedNow } from '../finished'
import { failedIds, readFailedCells } from './failedJobs'
import { type PlanFile, readPlan } from './planFile'

// parts ------------------------------------------------------------------------------------------

/**
 * Whether the plan's cells say more than the results of the folder: there are none, or they lack finished cells. Those of a run that goes
 * on leave out cells on purpose, until none is missing.
 */
const hasMore = (store: ResultStore, { cells, later }: PlanFile): TE.TaskEither<Fault, boolean> =>
  pipe(
    store.documents.read('results.json'),
    TE.chain((text) =>
      text === undefined
        ? TE.right(true)
        : pipe(
            TE.Do,
            TE.bind('listing', () => readListing(store.folder)),
            TE.bind('finished', () => finishedNow(store)),
            TE.bind('failed', () => failedIds(store)),
            TE.map(({ listing, finished, failed }) => {
              if (listing.running !== undefined)
                return later === 0 && cells.every((id) => finished(id) || failed.has(id))
              const listed = new Set(listing.cells.map(({ id }) => id))
              return cells.some((id) => finished(id) && !listed.has(id))
            }),
          ),
    ),
  )

const fromPlan = (store: ResultStore, { cells, later, setup }: PlanFile): TE.TaskEither<Fault, ReadResults> =>
  pipe(
    TE.Do,
    TE.bind('finished', () => finishedNow(store)),
    TE.bind('failedNow', () => failedIds(store)),
    TE.bind('failed', ({ finished, failedNow }) =>
      readFailedCells(
        store,
        cells.filter((id) => failedNow.has(id) && !finished(id)),
      ),
    ),
    TE.chain(({ failed }) =>
      resultsOfCells(store.folder, {
        ...setup,
        ...{ cells, planned: cells.length + later },
        failed: failed.map(({ factors, message }) => ({ factors, message })),
      }),
    ),
  )

// reading ----------------------------------------------------------------------------------------

/** Reads a results folder; nothing is run. */
export const resultsIn = (store: ResultStore): TE.TaskEither<Fault, ReadResults> =>
  pipe(
    readPlan(store),
    TE.chain((plan) =>
      plan === undefined
        ? readResults(store.folder)
        : pipe(
            hasMore(store, plan),
            TE.chain((more) => (more ? fromPlan(store, plan) : readResults(store.folder))),
          ),
    ),
  )
