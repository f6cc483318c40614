/** The cells of a benchmark, and everything that determines each result, hashed into the cell's id. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type Key, dataHash } from '@safe/tensor-core/pipeline'
import { alignedKey, appliedMethods, environmentKey } from './applied'
import type { Bench } from './bench'
import { type Factors, isTrainedHere, undefended, untouched } from './factors'
import type { EngineUsed } from './ports'
import { type Selected, type Setting, combinedSettings, firstSettings, neighbours } from './settings'

// model ------------------------------------------------------------------------------------------

/** A planned cell. */
export interface Cell extends Pick<Setting, 'control' | 'published'> {
  readonly id: string
  readonly factors: Factors
  /** Everything that determines the result. */
  readonly key: Key
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
  { control, published }: Setting,
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
      return { id: contentHash(key), factors, control, published, key }
    }),
  )

/** One cell per id: what is configured may be a strength that is tried as well. */
const distinct = (cells: ReadonlyArray<Cell>): ReadonlyArray<Cell> => {
  const found = new Map<string, Cell>()
  for (const cell of cells) {
    const before = found.get(cell.id)
    found.set(
      cell.id,
      before === undefined
        ? cell
        : {
            ...(before.factors.strengths === undefined ? cell : before),
            published: before.published || cell.published,
          },
    )
  }
  return [...found.values()]
}

/** Settings under every seed of a regime. */
const tunedCells = (
  bench: Bench,
  engine: EngineUsed,
  regime: string,
  settings: ReadonlyArray<Setting>,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    bench.config.seeds,
    E.traverseArray((seed) =>
      pipe(
        bench.suite.trainingData(regime, seed),
        E.chain((data) => {
          const rows = dataHash(data)
          const adapter = bench.hashes.adapters[regime]
          return pipe(
            settings,
            E.traverseArray((setting) => {
              // An adapter that is given stands for the fine-tune that no defence acts on.
              const trainedOn = adapter !== undefined && !isTrainedHere(setting.factors) ? adapter : rows
              return cellOf(
                bench,
                engine,
                { model: 'aligned', regime, ...setting.factors, seed, trainedOn },
                setting,
              )
            }),
          )
        }),
      ),
    ),
    E.map((cells) => distinct(cells.flat())),
  )

const inRegimes = (
  bench: Bench,
  engine: EngineUsed,
  settings: (regime: string) => ReadonlyArray<Setting>,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    bench.config.regimes,
    E.traverseArray((regime) => tunedCells(bench, engine, regime, settings(regime))),
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
        published: true,
        key,
      },
    ]
  })

// constructors -----------------------------------------------------------------------------------

/**
 * The cells that depend on no result: the models as they are, then each method at each strength, and every combination where no
 * strengths are tried.
 */
export const firstCells = (bench: Bench, engine: EngineUsed): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    inRegimes(bench, engine, () => firstSettings(bench)),
    E.map((tuned) => [...referenceCells(bench, engine), ...tuned]),
  )

/** The combinations at the strengths selected in each regime. */
export const combinedCells = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  inRegimes(bench, engine, (regime) => combinedSettings(bench, selected(regime)))

/** Those combinations with one method a step weaker or stronger. */
export const refinedCells = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  inRegimes(bench, engine, (regime) => neighbours(bench, selected(regime)))
