/** The results of a run, whole or so far. */
import type { Bench } from '../plan/bench'
import type { EngineUsed } from '../plan/ports'
import type { MeasuredCell } from '../results/prepared'
import { type FailedCell, type Results, resultsOf } from '../results/results'
import type { RunSetup } from '../results/listing'
import type { Running } from '../results/running'
import { stampOf } from '../results/stamp'
import { attackRule, selectionRule } from './selecting'

/** What results say beside their cells. */
export const setupOf = (bench: Bench, engine: EngineUsed): RunSetup => {
  const selection = selectionRule(bench)
  const attackers = attackRule(bench)
  return {
    suite: bench.suite.name,
    stamp: stampOf(bench, engine),
    ...(selection === undefined ? {} : { selection }),
    ...(attackers === undefined ? {} : { attackers }),
  }
}

/** Everything that follows from these cells. */
export const runResults = (
  bench: Bench,
  engine: EngineUsed,
  cells: ReadonlyArray<MeasuredCell>,
  failed: ReadonlyArray<FailedCell>,
  running?: Running,
): Results =>
  resultsOf({
    ...setupOf(bench, engine),
    ...{ cells, failed },
    finished: new Date().toISOString(),
    ...(running === undefined ? {} : { running }),
  })
