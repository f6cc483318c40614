/** How large the runs of a benchmark are: rows, steps and prompts, and what an attacker computes to choose its rows. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { Dataset, ExpectedWork, Fault, RunSize } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type TrainingRecipe, anchorDefaults, anchorPasses } from '@safe/tensor-core/lm'
import { benignRowsOf } from '../config/benignRows'
import { benchOf } from './alignedModels'
import { attackerOf, candidateRows } from './attackers'
import { trainedRows } from './benignRows'
import { type Bench, evadedFilters } from './bench'
import { type FineTune, undefended } from './factors'
import type { LoadedMethod } from './plugins'

// model ------------------------------------------------------------------------------------------

/** What the time of a job depends on, beside the rates. */
export interface Sizes extends RunSize {
  /** Evaluation prompts of a cell. */
  readonly items: number
  /** Texts of a cell whose perplexity is measured. */
  readonly texts?: number
  /** Whether the undefended adapter of the regime was fine-tuned before. */
  readonly trained?: boolean
  /** What the choice of the rows takes, where an attacker chooses them. */
  readonly choosing?: ExpectedWork
  /** What runs that do not depend on the rows are shared by: the model and the recipe. */
  readonly recipe?: string
}

// work -------------------------------------------------------------------------------------------

/** The work of several methods of one stage: what they add is added, factors are multiplied. */
export const together = (parts: ReadonlyArray<ExpectedWork>): Required<ExpectedWork> =>
  parts.reduce<Required<ExpectedWork>>(
    (sum, part) => ({
      trainingSteps: sum.trainingSteps + (part.trainingSteps ?? 0),
      sharedSteps: sum.sharedSteps + (part.sharedSteps ?? 0),
      undefendedRun: sum.undefendedRun || (part.undefendedRun ?? false),
      scoredRows: sum.scoredRows + (part.scoredRows ?? 0),
      completions: sum.completions + (part.completions ?? 0),
      stepFactor: sum.stepFactor * (part.stepFactor ?? 1),
      completionFactor: sum.completionFactor * (part.completionFactor ?? 1),
    }),
    {
      ...{ trainingSteps: 0, sharedSteps: 0, undefendedRun: false, scoredRows: 0, completions: 0 },
      ...{ stepFactor: 1, completionFactor: 1 },
    },
  )

// sizes ------------------------------------------------------------------------------------------

/** Optimizer steps of a recipe on so many rows. */
export const stepsOf = ({ maxSteps, epochs, batchSize, accumulate }: TrainingRecipe, rows: number): number =>
  maxSteps ?? Math.max(1, Math.ceil(Math.ceil(rows / batchSize) / accumulate) * epochs)

const countIn = (data: E.Either<Fault, Dataset>): number =>
  pipe(
    data,
    E.match(
      () => 0,
      ({ examples }) => examples.length,
    ),
  )

type Sized = Pick<Bench, 'suite' | 'config' | 'hashes' | 'methods'>

/** What an attacker computes to choose its rows: gradients of benign ones, or a whole filter and the fine-tune that it may start from. */
const choosingOf = (bench: Sized, of: FineTune, rows: number, size: RunSize): ExpectedWork | undefined => {
  const { suite, config } = bench
  const { evade, rows: kind } = attackerOf(config, of.attacker)
  const seed = config.seeds[0] ?? 0
  if (kind === 'eroding') return { trainingSteps: anchorPasses(rows, size.batchSize, anchorDefaults.anchors) }
  if (evade === undefined) return undefined
  const candidates = countIn(candidateRows(suite, { ...of, seed }))
  const larger = { ...size, rows: candidates, steps: size.stepsOn(candidates) }
  const filters = pipe(
    evadedFilters(bench, { model: 'aligned', ...of, ...undefended, seed }, evade),
    E.getOrElse((): ReadonlyArray<LoadedMethod> => []),
  )
  const work = filters.map(({ plugin, options }) => plugin.work?.(options, larger) ?? {})
  const runs = work.filter(({ undefendedRun }) => undefendedRun === true).length
  const sum = together(work)
  return { ...sum, trainingSteps: sum.trainingSteps + sum.sharedSteps + runs * larger.steps, sharedSteps: 0 }
}

/** The sizes of a fine-tune's runs. */
export const sizesIn =
  (bench: Sized) =>
  (of: FineTune): Sizes => {
    const here = benchOf(bench, of)
    const { suite, config } = here
    const given = countIn(suite.trainingData(of.regime, config.seeds[0] ?? 0))
    const rows = trainedRows(benignRowsOf(attackerOf(config, of.attacker)), given)
    const stepsOn = (count: number): number => stepsOf(config.recipe, count)
    const size: RunSize = {
      rows,
      safe: suite.safe?.examples.length ?? 0,
      references: suite.references?.examples.length ?? 0,
      harmful: suite.harmful?.examples.length ?? 0,
      steps: stepsOn(rows),
      stepsOn,
      batchSize: config.recipe.batchSize,
      maxNewTokens: suite.maxNewTokens,
    }
    const choosing = choosingOf(here, of, given, size)
    return {
      ...size,
      items: suite.evaluation.length,
      texts: suite.perplexity?.examples.length ?? 0,
      trained: suite.adapters?.[of.regime] !== undefined,
      recipe: contentHash({ aligned: of.aligned ?? null, recipe: config.recipe }),
      ...(choosing === undefined ? {} : { choosing }),
    }
  }
