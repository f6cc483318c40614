/** Does one job of a plan. What a job leaves behind is on disk, so any process may do any job, in any order its needs allow. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeCell } from '../results/cellFiles'
import { evaluate } from './evaluate'
import { metricsOf } from '../results/metrics'
import type { Cell, Job } from '../plan/plan'
import { stampOf } from '../results/stamp'
import { type Site, defendedAdapter, defendedData, trainedAdapter } from './workbench'

/** A job and, where it is one, the cell it fills. */
export interface Task {
  readonly job: Job
  readonly cell?: Cell
}

const fill = (site: Site, out: string, cell: Cell): TE.TaskEither<Fault, void> => {
  const started = Date.now()
  return pipe(
    evaluate(site, cell.factors),
    TE.chain((samples) =>
      writeCell(
        out,
        {
          id: cell.id,
          factors: cell.factors,
          control: cell.control,
          key: cell.key,
          metrics: metricsOf(samples),
          seconds: (Date.now() - started) / 1000,
          stamp: stampOf(site.bench, site.engine),
        },
        samples,
      ),
    ),
  )
}

export const execute =
  (site: Site, out: string) =>
  ({ job, cell }: Task): TE.TaskEither<Fault, void> => {
    const done = TE.map((): void => undefined)
    switch (job.kind) {
      case 'data':
        return done(defendedData(site, job.factors))
      case 'adapter':
        return done(trainedAdapter(site, job.factors))
      case 'weights':
        return done(defendedAdapter(site, job.factors))
      case 'cell':
        return cell === undefined ? TE.right(undefined) : fill(site, out, cell)
    }
  }
