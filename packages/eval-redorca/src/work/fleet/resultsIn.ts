/** The results of a folder as its cells are now: those of a fleet may have been finished since `results.json` was written, or without it. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Listing } from '../../results/listing'
import { readListing } from '../../results/listingFile'
import type { Results } from '../../results/results'
import { resultsOfCells, resultsOfListing } from '../../results/resultsFile'
import type { ResultStore } from '../../store'
import { finishedNow } from '../finished'
import { failedIds, readFailedCells } from './failedJobs'
import { type PlanFile, readPlan } from './planFile'

// parts ------------------------------------------------------------------------------------------

/** Which of the planned cells are finished, and which failed. */
interface Found {
  readonly finished: (id: string) => boolean
  readonly failed: ReadonlySet<string>
}

/**
 * Whether the plan's cells say more than the results of the folder: they lack finished cells. Those of a run that goes on leave out cells
 * on purpose, until none is missing.
 */
const hasMore = (listing: Listing, { cells, later }: PlanFile, { finished, failed }: Found): boolean => {
  if (listing.running !== undefined) return later === 0 && cells.every((id) => finished(id) || failed.has(id))
  const listed = new Set(listing.cells.map(({ id }) => id))
  return cells.some((id) => finished(id) && !listed.has(id))
}

const fromPlan = (
  store: ResultStore,
  { cells, later, setup }: PlanFile,
  { finished, failed }: Found,
): TE.TaskEither<Fault, Results> =>
  pipe(
    readFailedCells(
      store,
      cells.filter((id) => failed.has(id) && !finished(id)),
    ),
    TE.chain((files) =>
      resultsOfCells(store.folder, {
        ...setup,
        ...{ cells, planned: cells.length + later },
        failed: files.map(({ factors, message }) => ({ factors, message })),
      }),
    ),
  )

const withPlan = (store: ResultStore, plan: PlanFile): TE.TaskEither<Fault, Results> =>
  pipe(
    TE.Do,
    TE.bind('finished', () => finishedNow(store)),
    TE.bind('failed', () => failedIds(store)),
    TE.bind('listing', () =>
      existsSync(join(store.folder, 'results.json')) ? readListing(store.folder) : TE.right(undefined),
    ),
    TE.chain(({ listing, ...found }) =>
      listing === undefined || hasMore(listing, plan, found)
        ? fromPlan(store, plan, found)
        : resultsOfListing(store.folder, listing),
    ),
  )

// reading ----------------------------------------------------------------------------------------

/** Reads a results folder; nothing is run. */
export const resultsIn = (store: ResultStore): TE.TaskEither<Fault, Results> =>
  pipe(
    readPlan(store),
    TE.chain((plan) =>
      plan === undefined
        ? pipe(
            readListing(store.folder),
            TE.chain((listing) => resultsOfListing(store.folder, listing)),
          )
        : withPlan(store, plan),
    ),
  )
