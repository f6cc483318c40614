/** The cells of a benchmark, and everything that determines each result, hashed into the cell's id. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type Key, dataHash } from '@safe/tensor-core/pipeline'
import { type UntunedModel, untunedModels } from '../config/config'
import { alignedKey, appliedMethods, environmentKey } from './applied'
import { alignedNames, attackedFineTunes, benchOf, fineTunesIn } from './alignedModels'
import type { Bench } from './bench'
import { type Factors, type FineTune, isTrainedHere, undefended, untouched } from './factors'
import type { EngineUsed } from './ports'
import { rowsHash } from './rowsHash'
import {
  type Selected,
  type Setting,
  attackedSettings,
  combinedSettings,
  firstSettings,
  neighbours,
} from './settings'

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

/**
 * Two names may stand for one model, with another base or anchor, or for one way of fine-tuning: each has cells of its own, made from
 * the same steps.
 */
const nameKey = ({ aligned, attacker }: Pick<Factors, 'aligned' | 'attacker'>): Key => ({
  ...(aligned === undefined ? {} : { aligned }),
  ...(attacker === undefined ? {} : { attacker }),
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
        ...nameKey(factors),
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

/** Settings under every seed of an aligned model and regime. */
const tunedCells = (
  bench: Bench,
  engine: EngineUsed,
  fineTune: FineTune,
  settings: ReadonlyArray<Setting>,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    bench.config.seeds,
    E.traverseArray((seed) =>
      pipe(
        rowsHash(bench, { ...fineTune, seed }),
        E.chain((rows) => {
          const adapter = bench.hashes.adapters[fineTune.regime]
          return pipe(
            settings,
            E.traverseArray((setting) => {
              // An adapter that is given stands for the fine-tune that no defence acts on.
              const trainedOn = adapter !== undefined && !isTrainedHere(setting.factors) ? adapter : rows
              return cellOf(
                bench,
                engine,
                { model: 'aligned', ...fineTune, ...setting.factors, seed, trainedOn },
                setting,
              )
            }),
          )
        }),
      ),
    ),
    E.map((cells) => distinct(cells.flat())),
  )

const everywhere = (
  bench: Bench,
  engine: EngineUsed,
  settings: (fineTune: FineTune) => ReadonlyArray<Setting>,
  fineTunes: ReadonlyArray<FineTune> = fineTunesIn(bench),
): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    fineTunes,
    E.traverseArray((fineTune) => tunedCells(benchOf(bench, fineTune), engine, fineTune, settings(fineTune))),
    E.map((cells) => cells.flat()),
  )

/** The models that are evaluated as they are, each once. */
const wantedUntuned = ({ config }: Bench): ReadonlyArray<UntunedModel> =>
  untunedModels.filter((model) => config.untuned.includes(model))

/**
 * The models without fine-tuning that are wanted, where the suite has them: they show what alignment achieved and what it cost. A
 * base that all aligned models have in common is evaluated once, and belongs to none of them.
 */
const referenceCells = (bench: Bench, engine: EngineUsed): ReadonlyArray<Cell> =>
  wantedUntuned(bench).flatMap((model) => {
    const each = alignedNames(bench).map((aligned) => {
      const here = benchOf(bench, aligned)
      return { aligned, hash: here.hashes.models[model], template: here.hashes.templates[model] }
    })
    const [first] = each
    const shared =
      model === 'base' && each.every((e) => e.hash === first?.hash && e.template === first.template)
    return (shared ? each.slice(0, 1) : each).flatMap(({ aligned, hash, template }): ReadonlyArray<Cell> => {
      if (hash === null) return []
      const name = shared ? {} : aligned
      const key = {
        kind: 'reference',
        ...nameKey(name),
        ...measured(bench, engine),
        ...{ model: hash, template },
      }
      return [
        {
          id: contentHash(key),
          factors: {
            model,
            ...name,
            regime: untouched,
            ...undefended,
            seed: bench.config.seeds[0] ?? 0,
          },
          control: false,
          published: true,
          key,
        },
      ]
    })
  })

// constructors -----------------------------------------------------------------------------------

/**
 * The cells that depend on no result: the models as they are, then each method at each strength, and every combination where no
 * strengths are tried.
 */
export const firstCells = (bench: Bench, engine: EngineUsed): E.Either<Fault, ReadonlyArray<Cell>> =>
  pipe(
    everywhere(bench, engine, () => firstSettings(bench)),
    E.map((tuned) => [...referenceCells(bench, engine), ...tuned]),
  )

/** The combinations at the strengths selected in each regime. */
export const combinedCells = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  everywhere(bench, engine, (fineTune) => combinedSettings(bench, selected(fineTune)))

/** Those combinations with one method a step weaker or stronger. */
export const refinedCells = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<Cell>> =>
  everywhere(bench, engine, (fineTune) => neighbours(bench, selected(fineTune)))

/** Every defence under every attacker, at the strengths selected for the first regime without one: who defends does not know who attacks. */
export const attackedCells = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<Cell>> => {
  const [regime = untouched] = bench.config.regimes
  return everywhere(
    bench,
    engine,
    ({ aligned }) =>
      attackedSettings(bench, selected({ ...(aligned === undefined ? {} : { aligned }), regime })),
    attackedFineTunes(bench),
  )
}
