/**
 * How long the jobs of a plan are expected to take: the steps and completions that each computes, times what one takes on this
 * machine. Methods say what they compute (`work` of their plugins); rates are timed before a run starts (`work/probe.ts`).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { ExpectedWork, RunSize, Stage } from '@safe/tensor-core/contracts'
import type { TrainingRecipe } from '@safe/tensor-core/lm'
import { alignedNames, benchOf } from './alignedModels'
import { type Bench, chosen } from './bench'
import { type Factors, distinctFineTunes, fineTuneKey, isDefended, isTrainedHere } from './factors'
import type { Job, PlannedJob } from './plan'
import type { LoadedMethod } from './plugins'

// model ------------------------------------------------------------------------------------------

/** What one unit of work takes, in seconds. */
export interface Rates {
  /** An optimizer step of the recipe. */
  readonly step: number
  /** A completion of an evaluation prompt. */
  readonly completion: number
  /** A row scored: a forward pass. */
  readonly score: number
  /** An answer judged, by all judges together. */
  readonly judgement: number
}

/** A wasm core on the arena's model: models so small are not timed beforehand. */
export const smallModelRates: Rates = { step: 0.08, completion: 0.0015, score: 0.0015, judgement: 0 }

/** What the time of a job depends on, beside the rates. */
export interface Sizes extends RunSize {
  /** Evaluation prompts of a cell. */
  readonly items: number
  /** Whether the undefended adapter of the regime was fine-tuned before. */
  readonly trained?: boolean
}

// sizes ------------------------------------------------------------------------------------------

/** Optimizer steps of a recipe on so many rows. */
export const stepsOf = ({ maxSteps, epochs, batchSize, accumulate }: TrainingRecipe, rows: number): number =>
  maxSteps ?? Math.max(1, Math.ceil(Math.ceil(rows / batchSize) / accumulate) * epochs)

// work -------------------------------------------------------------------------------------------

/** The work of several methods of one stage: what they add is added, factors are multiplied. */
const together = (parts: ReadonlyArray<ExpectedWork>): Required<ExpectedWork> =>
  parts.reduce<Required<ExpectedWork>>(
    (sum, part) => ({
      trainingSteps: sum.trainingSteps + (part.trainingSteps ?? 0),
      scoredRows: sum.scoredRows + (part.scoredRows ?? 0),
      completions: sum.completions + (part.completions ?? 0),
      stepFactor: sum.stepFactor * (part.stepFactor ?? 1),
      completionFactor: sum.completionFactor * (part.completionFactor ?? 1),
    }),
    { trainingSteps: 0, scoredRows: 0, completions: 0, stepFactor: 1, completionFactor: 1 },
  )

/** The methods that a factor of a stage names. */
export type MethodsAt = (stage: Stage, factors: Factors) => ReadonlyArray<LoadedMethod>

const workAt = (methods: MethodsAt, stage: Stage, factors: Factors, sizes: Sizes): Required<ExpectedWork> =>
  together(
    isDefended(factors, stage)
      ? methods(stage, factors).map(({ plugin, options }) => plugin.work?.(options, sizes) ?? {})
      : [],
  )

/** Corrections of weights read the models once; their time is small beside a fine-tune's, so it is not timed. */
const weightsSeconds = 5

/** The expected time of a job, seconds. A cell's own time leaves out the jobs that it needs. */
export const expectedSeconds =
  (methods: MethodsAt, sizesOf: (factors: Factors) => Sizes, ratesOf: (factors: Factors) => Rates) =>
  ({ kind, factors }: Pick<PlannedJob, 'kind' | 'factors'>): number => {
    const [sizes, rates] = [sizesOf(factors), ratesOf(factors)]
    const at = (stage: Stage) => workAt(methods, stage, factors, sizes)
    const own = ({ trainingSteps, scoredRows, completions }: Required<ExpectedWork>): number =>
      trainingSteps * rates.step + scoredRows * rates.score + completions * rates.completion
    switch (kind) {
      case 'data':
        return own(at('data'))
      case 'adapter': {
        const work = at('training')
        if (sizes.trained === true && !isTrainedHere(factors)) return 0
        return sizes.steps * work.stepFactor * rates.step + own(work)
      }
      case 'weights':
        return weightsSeconds + own(at('weights'))
      case 'cell': {
        const work = at('decoding')
        return sizes.items * (work.completionFactor * rates.completion + rates.judgement) + own(work)
      }
    }
  }

/** The sizes of a fine-tune's runs. */
export const sizesIn =
  (bench: Pick<Bench, 'suite' | 'config' | 'hashes'>) =>
  ({ regime, ...of }: Pick<Factors, 'aligned' | 'attacker' | 'regime'>): Sizes => {
    const { suite, config } = benchOf(bench, of)
    const rows = pipe(
      suite.trainingData(regime, config.seeds[0] ?? 0),
      E.match(
        () => 0,
        (data) => data.examples.length,
      ),
    )
    return {
      rows,
      safe: suite.safe?.examples.length ?? 0,
      references: suite.references?.examples.length ?? 0,
      steps: stepsOf(config.recipe, rows),
      batchSize: config.recipe.batchSize,
      maxNewTokens: suite.maxNewTokens,
      items: suite.evaluation.length,
      trained: suite.adapters?.[regime] !== undefined,
    }
  }

/**
 * The jobs with what each is expected to take, seconds, as its cost.
 *
 * @param rates of each aligned model
 */
export const timedJobs = (
  bench: Bench,
  jobs: ReadonlyArray<PlannedJob>,
  rates: ReadonlyArray<Rates>,
): ReadonlyArray<Job> => {
  const sizes = new Map(
    distinctFineTunes(jobs.map(({ factors }) => factors)).map((f) => [fineTuneKey(f), sizesIn(bench)(f)]),
  )
  const names = alignedNames(bench)
  const seconds = expectedSeconds(
    (stage, factors) => E.getOrElse((): ReadonlyArray<LoadedMethod> => [])(chosen(bench, stage, factors)),
    (f) => sizes.get(fineTuneKey(f)) ?? sizesIn(bench)(f),
    (f) => {
      const found =
        rates[
          Math.max(
            0,
            names.findIndex((named) => named.aligned === f.aligned),
          )
        ] ?? smallModelRates
      // Steps were timed with the benchmark's own batches; an attacker may have others.
      const { batchSize = bench.config.recipe.batchSize } = sizes.get(fineTuneKey(f)) ?? {}
      return { ...found, step: (found.step * batchSize) / bench.config.recipe.batchSize }
    },
  )
  return jobs.map((job) => ({ ...job, cost: seconds(job) }))
}

// totals -----------------------------------------------------------------------------------------

/** A kind of job: how many there are, and how long they take together on one worker. */
export interface ExpectedPart {
  readonly kind: Job['kind']
  readonly jobs: number
  readonly seconds: number
}

/** The kinds of jobs of a plan, in the order of the pipeline. */
export const expectedParts = (jobs: ReadonlyArray<Job>): ReadonlyArray<ExpectedPart> =>
  (['adapter', 'data', 'weights', 'cell'] as const).flatMap((kind) => {
    const of = jobs.filter((job) => job.kind === kind)
    return of.length === 0
      ? []
      : [{ kind, jobs: of.length, seconds: of.reduce((sum, { cost }) => sum + cost, 0) }]
  })
