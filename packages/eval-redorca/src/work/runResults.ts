/** The results of a run, whole or so far. */
import type { Bench } from '../plan/bench'
import type { EngineUsed } from '../plan/ports'
import type { FinishedCell } from '../results/prepared'
import { type FailedCell, type Results, resultsOf } from '../results/results'
import type { Running } from '../results/running'
import { stampOf } from '../results/stamp'
import { attackRule, selectionRule } from './selecting'

/** Everything that follows from these cells. */
export const runResults = (
  bench: Bench,
  engine: EngineUsed,
  cells: ReadonlyArray<FinishedCell>,
  failed: ReadonlyArray<FailedCell>,
  running?: Running,
): Results => {
  const selection = selectionRule(bench)
  const attackers = attackRule(bench)
  return resultsOf({
    ...{ cells, failed },
    suite: bench.suite.name,
    finished: new Date().toISOString(),
    stamp: stampOf(bench, engine),
    ...(selection === undefined ? {} : { selection }),
    ...(attackers === undefined ? {} : { attackers }),
    ...(running === undefined ? {} : { running }),
  })
}
