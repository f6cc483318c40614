/** The headline judge of a stored cell: whose verdict is the samples' `verdict`, and whose rates are the cell's metrics. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { readCell, rewriteCell } from '../results/cellFiles'
import { splitMetricsOf } from '../results/metrics'
import type { FinishedCell } from '../results/prepared'
import { headedBy } from '../suite/samples'

/** Writes a cell's samples and its judges, with the metrics that follow; the rest of its file stays. */
export const written = (
  out: string,
  { id, samples, judges = [], ...cell }: FinishedCell,
  headline: string,
): TE.TaskEither<Fault, void> =>
  pipe(
    readCell(out, id),
    TE.chain((file) =>
      rewriteCell(
        out,
        {
          ...file,
          judges,
          ...splitMetricsOf(
            samples,
            judges,
            judges.find((judge) => judge.id === headline),
            cell,
          ),
        },
        samples,
      ),
    ),
  )

/** The cell headed by that judge, written where it was headed by another; unchanged where that judge has not judged it. */
export const headed =
  (out: string, headline: string) =>
  (cell: FinishedCell): TE.TaskEither<Fault, FinishedCell> => {
    const judge = cell.judges?.find(({ id }) => id === headline)
    if (judge === undefined) return TE.right(cell)
    const samples = cell.samples.map(headedBy(judge))
    const same = samples.every((sample, i) => sample === cell.samples[i])
    const made = { ...cell, samples }
    return same
      ? TE.right(cell)
      : pipe(
          written(out, made, headline),
          TE.map(() => made),
        )
  }
