/** The cells of a plan that are finished, read from the results folder. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Cell } from '../plan/cells'
import { cellFinished } from '../results/cellFiles'
import { readMeasured } from '../results/finishedCells'
import type { MeasuredCell } from '../results/prepared'
import type { ResultStore } from '../store'
import { headed } from './headed'

/** Pieces of a remote store that are fetched at once. */
const atOnce = 16

/** Those of these cells that are finished, brought to this machine. */
const brought = (store: ResultStore, cells: ReadonlyArray<Cell>): TE.TaskEither<Fault, ReadonlyArray<Cell>> =>
  pipe(
    RA.chunksOf(atOnce)(cells),
    TE.traverseSeqArray(
      TE.traverseArray((cell) =>
        pipe(
          store.get(`cells/${cell.id}`),
          TE.map((there) => (there && cellFinished(store.folder)(cell.id) ? [cell] : [])),
        ),
      ),
    ),
    TE.map((found) => found.flat(2)),
  )

/** Which cells the store has, at this moment. */
export const finishedNow = ({
  list,
}: Pick<ResultStore, 'list'>): TE.TaskEither<Fault, (id: string) => boolean> =>
  pipe(
    list('cells'),
    TE.map((ids) => {
      const found = new Set(ids)
      return (id) => found.has(id)
    }),
  )

/** Finished ones of these cells, under the headline judge, without the texts of their samples. */
export const finishedOf = (
  store: ResultStore,
  cells: ReadonlyArray<Cell>,
  headline: string,
): TE.TaskEither<Fault, ReadonlyArray<MeasuredCell>> =>
  pipe(
    brought(store, cells),
    // Stored samples may have been judged again since, under another headline judge than the configuration's.
    TE.chain((found) => readMeasured(store.folder, found, headline, headed(store.folder, headline))),
  )
