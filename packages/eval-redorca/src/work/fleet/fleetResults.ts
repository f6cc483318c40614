/** The results of a fleet: written by one of its processes when no job is left. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Bench } from '../../plan/bench'
import type { Cell } from '../../plan/cells'
import type { EngineUsed } from '../../plan/ports'
import type { Results } from '../../results/results'
import { writeResults } from '../../results/resultsText'
import { type ResultStore, leasing, publish, runDocuments } from '../../store'
import { finishedOf } from '../finished'
import { runResults } from '../runResults'
import { readFailedCells } from './failedJobs'
import { markResults, readPlan, resultsOfIds } from './planFile'

// model ------------------------------------------------------------------------------------------

export interface Completed {
  readonly cells: ReadonlyArray<Cell>
  /** Those of them that have no result: they failed. */
  readonly open: ReadonlyArray<Cell>
  readonly engine: EngineUsed
  readonly signal: AbortSignal
  /** Makes a report of the results in the store's folder. */
  readonly onResults?: (results: Results) => TE.TaskEither<Fault, unknown>
}

interface FailedOne {
  readonly id: string
  readonly message: string
  readonly cell: Cell
}

// parts ------------------------------------------------------------------------------------------

const nameOf = ({ cells, open }: Completed): string => {
  const missing = new Set(open.map(({ id }) => id))
  return resultsOfIds(
    cells.map(({ id }) => id).filter((id) => !missing.has(id)),
    [...missing],
  )
}

/** Whether another process has written them meanwhile. */
const isWritten = (store: ResultStore, completed: Completed): TE.TaskEither<Fault, boolean> =>
  pipe(
    readPlan(store),
    TE.map(
      (plan) =>
        plan?.results === nameOf(completed) &&
        (store.name !== store.folder || existsSync(join(store.folder, 'results.json'))),
    ),
  )

const reasons = (
  store: ResultStore,
  open: ReadonlyArray<Cell>,
): TE.TaskEither<Fault, ReadonlyArray<FailedOne>> =>
  pipe(
    readFailedCells(
      store,
      open.map(({ id }) => id),
    ),
    TE.map((files) => {
      const messages = new Map(files.map(({ cell, message }) => [cell, message]))
      return open.map((cell) => ({
        ...{ id: cell.id, cell },
        message: messages.get(cell.id) ?? 'was not run',
      }))
    }),
  )

// constructors -----------------------------------------------------------------------------------

/** Writes results and report, unless another process does. @returns the cells that failed */
export const completing = (
  store: ResultStore,
  bench: Bench,
  completed: Completed,
): TE.TaskEither<Fault, ReadonlyArray<FailedOne>> => {
  const { cells, open, engine, onResults } = completed
  const write = (failed: ReadonlyArray<FailedOne>): TE.TaskEither<Fault, unknown> =>
    pipe(
      finishedOf(store, cells, bench.suite.judges[0].id),
      TE.map((finished) =>
        runResults(
          bench,
          engine,
          finished,
          failed.map(({ cell: { factors }, message }) => ({ factors, message })),
        ),
      ),
      TE.chainFirst((results) => writeResults(store.folder, results)),
      TE.chain((results) => (onResults === undefined ? TE.right(undefined) : onResults(results))),
      TE.chain(() => publish(store, runDocuments)),
      TE.chain(() => markResults(store, nameOf(completed))),
    )
  return pipe(
    reasons(store, open),
    TE.chainFirst((failed) =>
      leasing(store, 'results', completed.signal, () =>
        pipe(
          isWritten(store, completed),
          TE.chain((there) => (there ? TE.right(undefined) : write(failed))),
        ),
      ),
    ),
  )
}
