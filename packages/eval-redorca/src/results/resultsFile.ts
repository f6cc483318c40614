/** Reads a results folder: the list of its cells; everything else is computed again from their samples. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Sample } from '../suite/samples'
import { readFinished, readMeasured, readUnlisted } from './finishedCells'
import type { Listing, RunSetup } from './listing'
import { readListing } from './listingFile'
import type { FinishedCell } from './prepared'
import { type FailedCell, type Results, resultsOf } from './results'

// model ------------------------------------------------------------------------------------------

/** A results folder read back. */
export interface ReadResults {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
}

/** What makes results of cells that nobody has put together yet, such as those of a fleet of which all processes have ended early. */
export interface Unlisted extends RunSetup {
  /** Ids of the cells, finished or not. */
  readonly cells: ReadonlyArray<string>
  /** How many cells there are in all, as far as it is known. */
  readonly planned: number
  readonly failed: ReadonlyArray<FailedCell>
}

// parts ------------------------------------------------------------------------------------------

export const samplesById = (cells: ReadonlyArray<FinishedCell>): ReadonlyMap<string, ReadonlyArray<Sample>> =>
  new Map(cells.map((c) => [c.id, c.samples]))

// results without the texts of samples -----------------------------------------------------------

/** Results of the finished ones of these cells, computed from their files; marked as unfinished where others are missing. */
export const resultsOfCells = (
  out: string,
  { cells, planned, failed, ...setup }: Unlisted,
): TE.TaskEither<Fault, Results> =>
  pipe(
    readUnlisted(out, cells, setup.stamp.judges?.measuring),
    TE.map((finished) =>
      resultsOf({
        ...setup,
        ...{ cells: finished, failed, finished: new Date().toISOString() },
        ...(finished.length + failed.length < planned
          ? { running: { done: finished.length, cells: planned, secondsLeft: 0, stopped: true } }
          : {}),
      }),
    ),
  )

/** The results of a listing, computed again from its samples; left where a file is missing or damaged. */
export const resultsOfListing = (out: string, { cells, ...rest }: Listing): TE.TaskEither<Fault, Results> =>
  pipe(
    readMeasured(out, cells, rest.stamp.judges?.measuring),
    TE.map((finished) => resultsOf({ ...rest, cells: finished })),
  )

// whole ------------------------------------------------------------------------------------------

/** Reads a results folder and computes everything again from its samples; left where a file is missing or damaged. */
export const readResults = (out: string): TE.TaskEither<Fault, ReadResults> =>
  pipe(
    readListing(out),
    TE.chain(({ cells, ...rest }) =>
      pipe(
        readFinished(out, cells, rest.stamp.judges?.measuring),
        TE.map((finished) => ({
          results: resultsOf({ ...rest, cells: finished }),
          samples: samplesById(finished),
        })),
      ),
    ),
  )
