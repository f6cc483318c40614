/** Data files of a suite as they are read. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'

/** Reads a file of rows. */
export type ReadData = (path: string) => TE.TaskEither<Fault, Dataset>

/** A file and its rows. */
export interface ReadRows {
  readonly path: string
  readonly data: Dataset
}

/** The rows of a file, with its path. */
export const rowsIn =
  (read: ReadData) =>
  (path: string): TE.TaskEither<Fault, ReadRows> =>
    pipe(
      read(path),
      TE.map((data) => ({ path, data })),
    )

/** The rows of a file that need not be there. */
export const rowsIfAny =
  (read: ReadData) =>
  (path: string | undefined): TE.TaskEither<Fault, ReadRows | undefined> =>
    path === undefined ? TE.right(undefined) : rowsIn(read)(path)
