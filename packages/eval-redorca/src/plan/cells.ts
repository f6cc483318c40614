/** The cells of a benchmark: which combinations it runs, and everything that determines each result, hashed into the cell's id. */
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

/** A planned cell. */
export interface Cell {
  readonly id: string
  readonly factors: Factors
  /** A control, shown beside the methods. */
  readonly control: boolean
  /** Everything that determines the result. */
  readonly key: Key
}

// combinations -----------------------------------------------------------------------------------

type Stages = Readonly<Record<Stage, string>>

const choicesOf = (bench: Bench, stage: Stage, controls: boolean): ReadonlyArray<string> =>
  [...bench.methods[stage].values()].filter((c) => c.control === controls).map((c) => c.name)

/** All combinations of a choice, or none, per stage; later stages vary fastest. */
const allCombinations = (bench: Bench): ReadonlyArray<Combination> =>
  stages.reduce<ReadonlyArray<Combination>>(
    (partial, stage) =>
      partial.flatMap((c) => [
        c,
        ...choicesOf(bench, stage, false).map((name): Combination => ({ ...c, [stage]: name })),
      ]),
    [{}],
  )

/** All combinations of one choice per stage, or those listed, and each control alone. */
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

/** What determines a completion in addition to the model: the prompts and the token limit. */
export const generationKey = ({ hashes, suite }: Bench): Key => ({
  evaluation: hashes.evaluation,
  maxNewTokens: suite.maxNewTokens,
})

/** What determines how a completion is counted: the headline judge, the others in any order, and the rule of task answers. */
const judgingKey = ({ suite: { judges, match } }: Bench): Key => {
  const [headline, ...others] = judges
  return {
    judge: headline.id,
    ...(others.length === 0 ? {} : { judges: others.map(({ id }) => id).sort() }),
    match,
  }
}

const measured = (bench: Bench, engine: EngineUsed): Key => ({
  ...environmentKey(bench, engine),
  suite: bench.suite.name,
  ...generationKey(bench),
  ...(bench.suite.perplexity === undefined ? {} : { perplexity: dataHash(bench.suite.perplexity) }),
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

/** The models without fine-tuning, where the suite has them: they show what alignment achieved and what it cost. */
const referenceCells = (bench: Bench, engine: EngineUsed): ReadonlyArray<Cell> =>
  (['base', 'aligned'] as const).flatMap((model) => {
    const hash = bench.hashes.models[model]
    if (hash === null) return []
    const key = {
      kind: 'reference',
      ...measured(bench, engine),
      model: hash,
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
