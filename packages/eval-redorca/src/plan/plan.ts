/**
 * The work of a benchmark as a graph: training data -> data defence -> fine-tuning -> weights defence -> cell. A job is named by the
 * factors it depends on, so combinations that share a step share its job. The rows of attackers that choose them are a job as well.
 *
 * Data defences wait for the undefended adapter of their regime and seed: many start by training it, and then find it already stored.
 */
import { type Stage, stages } from '@safe/tensor-core/contracts'
import type { Cell } from './cells'
import { type Factors, fineTuneKey, isDefended, isTuned, stageKey, without } from './factors'

// model ------------------------------------------------------------------------------------------

/** A step that must be finished before a cell can be evaluated, or the cell itself; named by the factors it depends on. */
export interface PlannedJob {
  readonly id: string
  readonly kind: 'rows' | 'data' | 'adapter' | 'weights' | 'cell'
  readonly factors: Factors
  readonly needs: ReadonlyArray<string>
}

/** A job with what it is expected to take (`expected.ts`). */
export interface Job extends PlannedJob {
  /** Seconds, for order and progress. */
  readonly cost: number
}

// jobs -------------------------------------------------------------------------------------------

const jobName = (kind: PlannedJob['kind'], f: Factors, ...upTo: ReadonlyArray<Stage>): string =>
  [kind, fineTuneKey(f), f.seed, ...upTo.map((stage) => stageKey(f, stage))].join('|')

/** The chain of jobs one cell needs, its own last. @param chooses whether the rows of its attacker are chosen by a job */
const chainOf = ({ id, factors: f }: Cell, chooses: boolean): ReadonlyArray<PlannedJob> => {
  const cell = (needs: ReadonlyArray<string>): PlannedJob => ({
    id: `cell|${id}`,
    kind: 'cell',
    factors: f,
    needs,
  })
  if (!isTuned(f)) return [cell([])]
  const bare = without(f, ...stages)
  const [filters, corrects] = [isDefended(f, 'data'), isDefended(f, 'weights')]
  const rows: PlannedJob = { id: jobName('rows', bare), kind: 'rows', factors: bare, needs: [] }
  const chosen = chooses ? [rows.id] : []
  const plain: PlannedJob = {
    id: jobName('adapter', bare, 'data', 'training'),
    kind: 'adapter',
    factors: bare,
    needs: chosen,
  }
  const data: PlannedJob = {
    id: jobName('data', f, 'data'),
    kind: 'data',
    factors: without(f, 'training', 'weights', 'decoding'),
    needs: [plain.id],
  }
  const adapter: PlannedJob = {
    id: jobName('adapter', f, 'data', 'training'),
    kind: 'adapter',
    factors: without(f, 'weights', 'decoding'),
    needs: filters ? [data.id] : chosen,
  }
  const weights: PlannedJob = {
    id: jobName('weights', f, 'data', 'training', 'weights'),
    kind: 'weights',
    factors: without(f, 'decoding'),
    needs: [adapter.id],
  }
  return [
    ...(chooses ? [rows] : []),
    ...(filters ? [plain, data] : []),
    adapter,
    ...(corrects ? [weights] : []),
    cell([corrects ? weights.id : adapter.id]),
  ]
}

// constructors -----------------------------------------------------------------------------------

/** The jobs of those cells that are not finished, each once. @param chooses whether the rows of an attacker are chosen by a job */
export const jobsOf = (
  cells: ReadonlyArray<Cell>,
  finished: (cellId: string) => boolean,
  chooses: (factors: Factors) => boolean = () => false,
): ReadonlyArray<PlannedJob> => [
  ...new Map(
    cells
      .filter((cell) => !finished(cell.id))
      .flatMap((cell) => chainOf(cell, chooses(cell.factors)))
      .map((job) => [job.id, job]),
  ).values(),
]
