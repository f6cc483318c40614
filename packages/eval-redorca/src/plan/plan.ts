/**
 * The work of a benchmark as a graph: training data -> data defence -> fine-tuning -> weights defence -> cell. A job is named by the
 * factors it depends on, so combinations that share a step share its job.
 *
 * Data defences wait for the undefended adapter of their regime and seed: many start by training it, and then find it already stored.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Fault, Stage } from '@safe/tensor-core/contracts'
import type { Bench } from './bench'
import { type Cell, cellsOf } from './cells'
import { type Factors, isDefended, isTuned, undefended, without } from './factors'
import type { EngineUsed } from './ports'

// model ------------------------------------------------------------------------------------------

/** A step that must be finished before a cell can be evaluated, or the cell itself; named by the factors it depends on. */
export interface PlannedJob {
  readonly id: string
  readonly kind: 'data' | 'adapter' | 'weights' | 'cell'
  readonly factors: Factors
  readonly needs: ReadonlyArray<string>
}

/** A job with what it is expected to take (`expected.ts`). */
export interface Job extends PlannedJob {
  /** Seconds, for order and progress. */
  readonly cost: number
}

/** All cells, and the jobs still to be run. */
export interface Plan {
  readonly cells: ReadonlyArray<Cell>
  readonly jobs: ReadonlyArray<PlannedJob>
}

// jobs -------------------------------------------------------------------------------------------

const jobName = (kind: PlannedJob['kind'], f: Factors, ...upTo: ReadonlyArray<Stage>): string =>
  [kind, f.regime, f.seed, ...upTo.map((stage) => f[stage])].join('|')

/** The chain of jobs one cell needs, its own last. */
const chainOf = ({ id, factors: f }: Cell): ReadonlyArray<PlannedJob> => {
  const cell = (needs: ReadonlyArray<string>): PlannedJob => ({
    id: `cell|${id}`,
    kind: 'cell',
    factors: f,
    needs,
  })
  if (!isTuned(f)) return [cell([])]
  const bare: Factors = { ...f, ...undefended }
  const [filters, corrects] = [isDefended(f, 'data'), isDefended(f, 'weights')]
  const plain: PlannedJob = {
    id: jobName('adapter', bare, 'data', 'training'),
    kind: 'adapter',
    factors: bare,
    needs: [],
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
    needs: filters ? [data.id] : [],
  }
  const weights: PlannedJob = {
    id: jobName('weights', f, 'data', 'training', 'weights'),
    kind: 'weights',
    factors: without(f, 'decoding'),
    needs: [adapter.id],
  }
  return [
    ...(filters ? [plain, data] : []),
    adapter,
    ...(corrects ? [weights] : []),
    cell([corrects ? weights.id : adapter.id]),
  ]
}

// constructors -----------------------------------------------------------------------------------

/** All cells, and the jobs of those that are not finished. */
export const planOf = (
  bench: Bench,
  engine: EngineUsed,
  finished: (cellId: string) => boolean,
): E.Either<Fault, Plan> =>
  pipe(
    cellsOf(bench, engine),
    E.map((cells) => ({
      cells,
      jobs: [
        ...new Map(
          cells
            .filter((cell) => !finished(cell.id))
            .flatMap(chainOf)
            .map((job) => [job.id, job]),
        ).values(),
      ],
    })),
  )
