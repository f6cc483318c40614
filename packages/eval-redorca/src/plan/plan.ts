/**
 * The work of a benchmark as a graph: training data -> data defence -> fine-tuning -> weights defence -> cell. A node is named by
 * what decides it, so combinations that share a step share its node; a cell's id is the hash of everything that decides its
 * result, computed before anything runs.
 *
 * Data defences wait for the undefended adapter of their regime and seed: many begin by training it, and then find it there.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, type Stage, stages } from '@safe/tensor-core/contracts'
import type { Bench } from './bench'
import { type Combination, factorName } from '../config/config'
import { contentHash, dataHash } from './contentHash'
import { type Factors, undefended } from './factors'
import type { EngineUsed } from './ports'

// model ------------------------------------------------------------------------------------------

/** What must be there before a cell can be evaluated, and the cell itself; each is named by the factors it depends on. */
export interface Job {
  readonly id: string
  readonly kind: 'data' | 'adapter' | 'weights' | 'cell'
  readonly factors: Factors
  readonly needs: ReadonlyArray<string>
  /** Expected cost in arbitrary units, for order and progress. */
  readonly cost: number
}

export interface Cell {
  readonly id: string
  readonly factors: Factors
  /** A control, shown beside the methods. */
  readonly control: boolean
  /** Everything that decides the result. */
  readonly key: Readonly<Record<string, unknown>>
}

export interface Plan {
  readonly cells: ReadonlyArray<Cell>
  readonly jobs: ReadonlyArray<Job>
}

// combinations -----------------------------------------------------------------------------------

const choices = (bench: Bench, stage: Stage): ReadonlyArray<string> => [
  'none',
  ...bench.config.stages[stage].filter((m) => !m.control).map(factorName),
]

/** All combinations of one choice per stage, or those listed, and each control on its own. */
export const combinationsOf = (bench: Bench): ReadonlyArray<Combination & { readonly control: boolean }> => {
  const listed =
    bench.config.combinations === 'all'
      ? choices(bench, 'data').flatMap((data) =>
          choices(bench, 'training').flatMap((training) =>
            choices(bench, 'weights').flatMap((weights) =>
              choices(bench, 'decoding').map((decoding) => ({ data, training, weights, decoding })),
            ),
          ),
        )
      : [undefended, ...bench.config.combinations]
  const controls = stages.flatMap((stage) =>
    bench.config.stages[stage]
      .filter((m) => m.control)
      .map((m) => ({ ...undefended, [stage]: factorName(m) })),
  )
  const seen = new Set<string>()
  return [
    ...listed.map((c) => ({ ...c, control: false })),
    ...controls.map((c) => ({ ...c, control: true })),
  ].filter((c) => {
    const name = JSON.stringify([c.data, c.training, c.weights, c.decoding])
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}

// cells ------------------------------------------------------------------------------------------

/** A method as it decides a result. */
export const methodKey = (bench: Bench, stage: Stage, name: string): unknown => {
  const loaded = bench.methods[stage].get(name)
  return loaded === undefined
    ? null
    : { use: loaded.method.use, name: loaded.plugin.name, version: loaded.version, options: loaded.options }
}

const evaluationKey = (bench: Bench, engine: EngineUsed): Readonly<Record<string, unknown>> => ({
  code: bench.code,
  engine: engine.engine,
  dtype: bench.config.dtype,
  suite: {
    name: bench.suite.name,
    evaluation: bench.hashes.evaluation,
    templates: bench.hashes.templates,
    maxNewTokens: bench.suite.maxNewTokens,
  },
})

const fineTunedCells = (bench: Bench, engine: EngineUsed): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    bench.config.regimes.flatMap((regime) => bench.config.seeds.map((seed) => ({ regime, seed }))),
    E.traverseArray(({ regime, seed }) =>
      pipe(
        bench.suite.trainingData(regime, seed),
        E.map((data) => {
          const trainedOn = dataHash(data)
          return combinationsOf(bench).map(({ control, ...combination }): Cell => {
            const key = {
              kind: 'cell',
              ...evaluationKey(bench, engine),
              models: bench.hashes.models,
              safe: bench.hashes.safe,
              references: bench.hashes.references,
              trainedOn,
              recipe: bench.config.recipe,
              seed,
              methods: Object.fromEntries(
                stages.map((stage) => [stage, methodKey(bench, stage, combination[stage])]),
              ),
            }
            return {
              id: contentHash(key),
              factors: { model: 'aligned', regime, ...combination, seed },
              control,
              key,
            }
          })
        }),
      ),
    ),
    E.map((cells) => cells.flat()),
  )

/** The models before any fine-tuning: where safety came from, and what it cost. */
const referenceCells = (bench: Bench, engine: EngineUsed): ReadonlyArray<Cell> =>
  (['base', 'aligned'] as const).map((model) => {
    const key = { kind: 'reference', ...evaluationKey(bench, engine), model: bench.hashes.models[model] }
    return {
      id: contentHash(key),
      factors: { model, regime: 'none', ...undefended, seed: bench.config.seeds[0] ?? 0 },
      control: false,
      key,
    }
  })

// jobs -------------------------------------------------------------------------------------------

/** Measured on the arena, in seconds of one wasm core; only their ratios matter. */
const costs = { data: 12, plain: 20, defended: 55, weights: 0.5, cell: 0.6, decoded: 3 } as const

const nodeName = (kind: Job['kind'], f: Factors, ...upTo: ReadonlyArray<Stage>): string =>
  [kind, f.regime, f.seed, ...upTo.map((stage) => f[stage])].join('|')

/** The chain of jobs one cell needs, its own last. */
const chainOf = ({ id, factors: f }: Cell): ReadonlyArray<Job> => {
  const cell = (needs: ReadonlyArray<string>): Job => ({
    id: `cell|${id}`,
    kind: 'cell',
    factors: f,
    needs,
    cost: f.decoding === 'none' ? costs.cell : costs.decoded,
  })
  if (f.regime === 'none') return [cell([])]
  const bare: Factors = { ...f, ...undefended }
  const plain: Job = {
    id: nodeName('adapter', bare, 'data', 'training'),
    kind: 'adapter',
    factors: bare,
    needs: [],
    cost: costs.plain,
  }
  const data: Job = {
    id: nodeName('data', f, 'data'),
    kind: 'data',
    factors: { ...bare, data: f.data },
    needs: [plain.id],
    cost: costs.data,
  }
  const adapter: Job = {
    id: nodeName('adapter', f, 'data', 'training'),
    kind: 'adapter',
    factors: { ...bare, data: f.data, training: f.training },
    needs: f.data === 'none' ? [] : [data.id],
    cost: f.training === 'none' ? costs.plain : costs.defended,
  }
  const weights: Job = {
    id: nodeName('weights', f, 'data', 'training', 'weights'),
    kind: 'weights',
    factors: { ...f, decoding: 'none' },
    needs: [adapter.id],
    cost: costs.weights,
  }
  return [
    ...(f.data === 'none' ? [] : [plain, data]),
    adapter,
    ...(f.weights === 'none' ? [] : [weights]),
    cell([f.weights === 'none' ? adapter.id : weights.id]),
  ]
}

// constructors -----------------------------------------------------------------------------------

/** All cells, and the jobs of those that `finished` does not name. */
export const planOf = (
  bench: Bench,
  engine: EngineUsed,
  finished: (cellId: string) => boolean,
): E.Either<Fault, Plan> =>
  pipe(
    fineTunedCells(bench, engine),
    E.map((tuned) => {
      const cells = [...referenceCells(bench, engine), ...tuned]
      const jobs = new Map<string, Job>()
      for (const cell of cells)
        if (!finished(cell.id)) for (const job of chainOf(cell)) jobs.set(job.id, jobs.get(job.id) ?? job)
      return { cells, jobs: [...jobs.values()] }
    }),
  )
