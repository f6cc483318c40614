/** What an export is made by: one cell after the other, so that the samples of one cell alone are in memory. */
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import type { PreparedAnswers } from '../results/prepared'
import type { Listing } from '../results/listing'

// model ------------------------------------------------------------------------------------------

/** Of the whole results, without cells. */
export type Heading = Pick<Listing, 'suite' | 'finished' | 'stamp'>

/** Writes one format into a folder. `R` is what it keeps of each cell for the end; a cell is not kept. */
export interface Exporter<R> {
  readonly begin: (folder: string) => TE.TaskEither<Fault, void>
  readonly cell: (folder: string, cell: PreparedAnswers) => TE.TaskEither<Fault, R>
  readonly end: (folder: string, kept: ReadonlyArray<R>) => TE.TaskEither<Fault, void>
}
