/**
 * How long the jobs of a plan are expected to take: the steps and completions that each computes, times what one takes on this
 * machine. Methods say what they compute (`work` of their plugins); rates are timed before a run starts (`work/probe.ts`).
 */
import * as E from 'fp-ts/Either'
import type { ExpectedWork, Stage } from '@safe/tensor-core/contracts'
import { alignedNames } from './alignedModels'
import { type Bench, chosen } from './bench'
import { type Factors, distinctFineTunes, fineTuneKey, isDefended, isTrainedHere, stageKey } from './factors'
import type { Job, PlannedJob } from './plan'
import { type LoadedMethod, loadedName } from './plugins'
import { type Sizes, sizesIn, together } from './sizes'

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

// work -------------------------------------------------------------------------------------------

/** The methods that a factor of a stage names. */
export type MethodsAt = (stage: Stage, factors: Factors) => ReadonlyArray<LoadedMethod>

/** Steps that several jobs have in common, under a name of what they are: the first of these jobs computes them. */
export interface SharedSteps {
  readonly name: string
  readonly steps: number
}

interface StageWork extends Required<ExpectedWork> {
  readonly shared: ReadonlyArray<SharedSteps>
}

/** What a method's shared runs are shared by: before the fine-tune its rows, which other methods may have filtered; after it the recipe. */
const sharedName = (
  stage: Stage,
  factors: Factors,
  sizes: Sizes,
  before: ReadonlyArray<LoadedMethod>,
  method: LoadedMethod,
): string =>
  JSON.stringify([
    ...[stage, loadedName(method), factors.seed],
    ...(stage === 'weights' || stage === 'decoding'
      ? [sizes.recipe ?? '']
      : [
          fineTuneKey(factors),
          stage === 'training' ? stageKey(factors, 'data') : '',
          before.map((m) => [loadedName(m), factors.strengths?.[loadedName(m)] ?? null]),
        ]),
  ])

/** Steps of a method that are the same at all its strengths. The undefended run of the whole data is a job of its own, if it is trained. */
const sharedSteps = (work: ExpectedWork, { trained, steps }: Sizes, isFirst: boolean): number =>
  (work.sharedSteps ?? 0) + (work.undefendedRun === true && (!isFirst || trained === true) ? steps : 0)

const workAt = (methods: MethodsAt, stage: Stage, factors: Factors, sizes: Sizes): StageWork => {
  const found = isDefended(factors, stage) ? methods(stage, factors) : []
  const works = found.map((method) => ({ method, work: method.plugin.work?.(method.options, sizes) ?? {} }))
  return {
    ...together(works.map(({ work }) => work)),
    shared: works
      .map(({ method, work }, i) => ({
        name: sharedName(stage, factors, sizes, found.slice(0, i), method),
        steps: sharedSteps(work, sizes, i === 0),
      }))
      .filter(({ steps }) => steps > 0),
  }
}

/** Corrections of weights read the models once; their time is small beside a fine-tune's, so it is not timed. */
const weightsSeconds = 5

/** What a job takes, in seconds, and the steps that it computes unless another job has. */
export interface JobWork {
  readonly seconds: number
  readonly step: number
  readonly shared: ReadonlyArray<SharedSteps>
}

/** What a job takes. A cell's own time leaves out the jobs that it needs. */
export const jobWork =
  (methods: MethodsAt, sizesOf: (factors: Factors) => Sizes, ratesOf: (factors: Factors) => Rates) =>
  ({ kind, factors }: Pick<PlannedJob, 'kind' | 'factors'>): JobWork => {
    const [sizes, rates] = [sizesOf(factors), ratesOf(factors)]
    const own = ({ trainingSteps, scoredRows, completions }: Required<ExpectedWork>): number =>
      trainingSteps * rates.step + scoredRows * rates.score + completions * rates.completion
    const of = (seconds: number, shared: JobWork['shared'] = []): JobWork => ({
      ...{ seconds, shared },
      step: rates.step,
    })
    const at = (stage: Stage) => workAt(methods, stage, factors, sizes)
    switch (kind) {
      case 'rows':
        return of(own(together([sizes.choosing ?? {}])))
      case 'data': {
        const work = at('data')
        return of(own(work), work.shared)
      }
      case 'adapter': {
        const work = at('training')
        if (sizes.trained === true && !isTrainedHere(factors)) return of(0)
        return of(sizes.steps * work.stepFactor * rates.step + own(work), work.shared)
      }
      case 'weights': {
        const work = at('weights')
        return of(weightsSeconds + own(work), work.shared)
      }
      case 'cell': {
        const work = at('decoding')
        const answers = sizes.items * (work.completionFactor * rates.completion + rates.judgement)
        return of(answers + (sizes.texts ?? 0) * rates.score + own(work), work.shared)
      }
    }
  }

/** The expected time of a job alone, seconds. */
export const expectedSeconds =
  (methods: MethodsAt, sizesOf: (factors: Factors) => Sizes, ratesOf: (factors: Factors) => Rates) =>
  (job: Pick<PlannedJob, 'kind' | 'factors'>): number => {
    const { seconds, step, shared } = jobWork(methods, sizesOf, ratesOf)(job)
    return shared.reduce((sum, { steps }) => sum + steps * step, seconds)
  }

/** Jobs with their cost; steps that several have in common are in that of the first. */
export const withCosts = (
  jobs: ReadonlyArray<PlannedJob>,
  workOf: (job: PlannedJob) => JobWork,
): ReadonlyArray<Job> => {
  const counted = new Set<string>()
  return jobs.map((job) => {
    const { seconds, step, shared } = workOf(job)
    const open = shared.filter(({ name }) => !counted.has(name))
    open.forEach(({ name }) => counted.add(name))
    return { ...job, cost: open.reduce((sum, { steps }) => sum + steps * step, seconds) }
  })
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
  const workOf = jobWork(
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
  return withCosts(jobs, workOf)
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
  (['rows', 'adapter', 'data', 'weights', 'cell'] as const).flatMap((kind) => {
    const of = jobs.filter((job) => job.kind === kind)
    return of.length === 0
      ? []
      : [{ kind, jobs: of.length, seconds: of.reduce((sum, { cost }) => sum + cost, 0) }]
  })
