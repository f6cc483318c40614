/** The cells of a benchmark: which combinations it runs, and everything that decides each result, hashed into the cell's id. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Fault, type Stage, stages } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type Key, dataHash } from '@safe/tensor-core/pipeline'
import type { Combination } from '../config/combinations'
import { alignedKey, appliedMethods, environmentKey } from './applied'
import type { Bench } from './bench'
import { type Factors, stageFactors, undefended, untouched } from './factors'
import type { EngineUsed } from './ports'

// model ------------------------------------------------------------------------------------------

/** A cell, planned. */
export interface Cell {
  readonly id: string
  readonly factors: Factors
  /** A control, shown beside the methods. */
  readonly control: boolean
  /** Everything that decides the result. */
  readonly key: Key
}

// combinations -----------------------------------------------------------------------------------

type Stages = Readonly<Record<Stage, string>>

const choicesOf = (bench: Bench, stage: Stage, controls: boolean): ReadonlyArray<string> =>
  [...bench.methods[stage].values()].filter((c) => c.control === controls).map((c) => c.name)

/** Every way to defend each stage or leave it; the later stages vary fastest. */
const allCombinations = (bench: Bench): ReadonlyArray<Combination> =>
  stages.reduce<ReadonlyArray<Combination>>(
    (sofar, stage) =>
      sofar.flatMap((c) => [
        c,
        ...choicesOf(bench, stage, false).map((name): Combination => ({ ...c, [stage]: name })),
      ]),
    [{}],
  )

/** All combinations of one choice per stage, or those listed, and each control on its own. */
export const combinationsOf = (bench: Bench): ReadonlyArray<Stages & { readonly control: boolean }> => {
  const listed =
    bench.config.combinations === 'all' ? allCombinations(bench) : [{}, ...bench.config.combinations]
  const controls = stages.flatMap((stage) =>
    choicesOf(bench, stage, true).map((name): Combination => ({ [stage]: name })),
  )
  const seen = new Set<string>()
  return [
    ...listed.map((c) => ({ ...stageFactors(c), control: false })),
    ...controls.map((c) => ({ ...stageFactors(c), control: true })),
  ].filter((c) => {
    const name = JSON.stringify(stages.map((stage) => c[stage]))
    if (seen.has(name)) return false
    seen.add(name)
    return true
  })
}

// cells ------------------------------------------------------------------------------------------

/** What decides a completion, beside the model: the prompts and the limit. */
export const askingKey = ({ hashes, suite }: Bench): Key => ({
  evaluation: hashes.evaluation,
  maxNewTokens: suite.maxNewTokens,
})

/** What decides how a completion is counted. */
const judgingKey = ({ suite }: Bench): Key => ({ judge: suite.judge.id, match: suite.match })

const measured = (bench: Bench, engine: EngineUsed): Key => ({
  ...environmentKey(bench, engine),
  suite: bench.suite.name,
  ...askingKey(bench),
  ...judgingKey(bench),
})

const cellOf = (
  bench: Bench,
  engine: EngineUsed,
  { trainedOn, ...factors }: Factors & { readonly trainedOn: string },
  control: boolean,
): E.Either<Fault, Cell> =>
  pipe(
    appliedMethods(bench, factors),
    E.map((methods) => {
      const key = {
        kind: 'cell',
        ...measured(bench, engine),
        ...alignedKey(bench),
        trainedOn,
        recipe: bench.config.recipe,
        seed: factors.seed,
        methods,
      }
      return { id: contentHash(key), factors, control, key }
    }),
  )

const fineTunedCells = (bench: Bench, engine: EngineUsed): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    bench.config.regimes.flatMap((regime) => bench.config.seeds.map((seed) => ({ regime, seed }))),
    E.traverseArray(({ regime, seed }) =>
      pipe(
        bench.suite.trainingData(regime, seed),
        E.chain((data) => {
          const trainedOn = dataHash(data)
          return pipe(
            combinationsOf(bench),
            E.traverseArray(({ control, ...stagesOf }) =>
              cellOf(bench, engine, { model: 'aligned', regime, ...stagesOf, seed, trainedOn }, control),
            ),
          )
        }),
      ),
    ),
    E.map((cells) => cells.flat()),
  )

/** The models before any fine-tuning, those that the suite has: where safety came from, and what it cost. */
const referenceCells = (bench: Bench, engine: EngineUsed): ReadonlyArray<Cell> =>
  (['base', 'aligned'] as const).flatMap((model) => {
    const print = bench.hashes.models[model]
    if (print === null) return []
    const key = {
      kind: 'reference',
      ...measured(bench, engine),
      model: print,
      template: bench.hashes.templates[model],
    }
    return [
      {
        id: contentHash(key),
        factors: { model, regime: untouched, ...undefended, seed: bench.config.seeds[0] ?? 0 },
        control: false,
        key,
      },
    ]
  })

// constructors -----------------------------------------------------------------------------------

/** All cells of a benchmark: the models as they are, then every combination of every regime and seed. */
export const cellsOf = (bench: Bench, engine: EngineUsed): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    fineTunedCells(bench, engine),
    E.map((tuned) => [...referenceCells(bench, engine), ...tuned]),
  )
