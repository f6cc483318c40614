/** The results of a run, whole or so far, as its folder holds them. */
import { join } from 'node:path'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import type { Bench } from '../plan/bench'
import type { EngineUsed } from '../plan/ports'
import { type FailedCell, type FinishedCell, type Results, resultsOf } from '../results/results'
import type { Running } from '../results/running'
import { stampOf } from '../results/stamp'
import { selectionRule } from './selecting'

/** Everything that follows from these cells. */
export const runResults = (
  bench: Bench,
  engine: EngineUsed,
  cells: ReadonlyArray<FinishedCell>,
  failed: ReadonlyArray<FailedCell>,
  running?: Running,
): Results => {
  const selection = selectionRule(bench)
  return resultsOf({
    ...{ cells, failed },
    suite: bench.suite.name,
    finished: new Date().toISOString(),
    stamp: stampOf(bench, engine),
    ...(selection === undefined ? {} : { selection }),
    ...(running === undefined ? {} : { running }),
  })
}

/** Writes `results.json` in one step. */
export const writeResults = (out: string, results: Results): TE.TaskEither<Fault, void> =>
  writeWhole(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`)
