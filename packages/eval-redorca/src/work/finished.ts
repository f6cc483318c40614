/** The cells of a plan that are finished, read from the results folder. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { Cell } from '../plan/cells'
import { cellFinished } from '../results/cellFiles'
import type { FinishedCell } from '../results/prepared'
import { readFinished } from '../results/resultsFile'
import { headed } from './headed'

/** Finished ones of these cells, under the headline judge. */
export const finishedOf = (
  out: string,
  cells: ReadonlyArray<Cell>,
  headline: string,
): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> =>
  pipe(
    readFinished(
      out,
      cells.filter(({ id }) => cellFinished(out)(id)),
      headline,
    ),
    // Stored samples may have been judged again since, under another headline judge than the configuration's.
    TE.chain(TE.traverseSeqArray(headed(out, headline))),
  )
