/** Runs one job of a plan. The result of a job is on disk, so any process can run any job, in any order that its needs allow. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { benchOf, withModel } from '../plan/alignedModels'
import type { Cell } from '../plan/cells'
import type { Job } from '../plan/plan'
import { writeCell } from '../results/cellFiles'
import { splitMetricsOf } from '../results/metrics'
import { type Stamp, stampOf } from '../results/stamp'
import { leasing } from '../store'
import { recordOf } from '../suite/verdicts'
import { trainingRows } from './defences'
import { evaluate, stepsOf } from './evaluate'
import type { Site } from './site'

/** A job and, where it evaluates a cell, that cell. */
export interface Task {
  readonly job: Job
  readonly cell?: Cell
}

const writeEvaluated = (site: Site, cell: Cell, stamp: Stamp): TE.TaskEither<Fault, void> => {
  const judges = site.bench.suite.judges.map(recordOf)
  return pipe(
    evaluate(site, cell.factors),
    TE.chain(({ samples, cost, ...scored }) =>
      writeCell(
        site.store,
        {
          id: cell.id,
          factors: cell.factors,
          control: cell.control,
          key: cell.key,
          judges,
          published: cell.published,
          ...splitMetricsOf(samples, judges, judges[0], scored),
          ...cost,
          stamp,
        },
        samples,
        scored,
      ),
    ),
  )
}

/** Evaluates a cell and writes it, unless another process does so meanwhile. */
const evaluatedOnce = (site: Site, cell: Cell, stamp: Stamp): TE.TaskEither<Fault, void> =>
  leasing(site.store, `cells/${cell.id}`, site.signal, () =>
    pipe(
      site.store.get(`cells/${cell.id}`),
      TE.chain((there) => (there ? TE.right(undefined) : writeEvaluated(site, cell, stamp))),
    ),
  )

/** Runs the pipeline of a job's factors up to the job's step, or evaluates its cell and writes it. */
export const execute =
  (all: Site) =>
  ({ job, cell }: Task): TE.TaskEither<Fault, void> => {
    const site = { ...all, bench: benchOf(all.bench, job.factors) }
    const made = (step: 'data' | 'trained' | 'adapter'): TE.TaskEither<Fault, void> =>
      pipe(
        stepsOf(site, job.factors),
        TE.chain((steps): TE.TaskEither<Fault, unknown> => steps[step]),
        TE.map(() => undefined),
      )
    switch (job.kind) {
      case 'rows':
        return pipe(
          trainingRows(site, job.factors),
          TE.map(() => undefined),
        )
      case 'data':
        return made('data')
      case 'adapter':
        return made('trained')
      case 'weights':
        return made('adapter')
      case 'cell':
        return cell === undefined
          ? TE.right(undefined)
          : evaluatedOnce(site, cell, stampOf(withModel(all.bench, job.factors), all.engine))
    }
  }
