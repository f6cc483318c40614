/** A cell: the answers to every evaluation prompt, what each of the suite's judges says of them, and how well texts are predicted. */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type AppliedMethod,
  type Fault,
  type Generates,
  type Judge,
  type Judgement,
  type LoraAdapter,
  type Scores,
  type Stage,
} from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type Key, type PipelineSteps, adapterHash, interpret, keepLines } from '@safe/tensor-core/pipeline'
import { alignedKey, environmentKey } from '../plan/applied'
import { generationKey } from '../plan/cells'
import { type Factors, isTrainedHere, isTuned } from '../plan/factors'
import { type Answer as Answered, type Sample, judgeItem, samplesFrom } from '../suite/samples'
import { judgementCodec } from '../suite/verdicts'
import { type CompleteCost, cellCostOf } from '../results/cost'
import type { Scored } from '../results/perplexity'
import { type Answer, answersOf, keepAnswers } from './answers'
import { askInBatches } from './askInBatches'
import { type WatchedPipeline, pipelineOf, trainingRows } from './defences'
import { type InnerStep, measured } from './meter'
import { textScores } from './perplexity'
import { alignedRequest, baseRequest, runtimeOf } from './runtime'
import type { Site } from './site'

// pipelines --------------------------------------------------------------------------------------

/** The adapter that the regime was fine-tuned to before; undefined where it is trained here. */
const given = ({ bench }: Site, f: Factors): TE.TaskEither<Fault, LoraAdapter | undefined> => {
  const folder = isTrainedHere(f) ? undefined : bench.suite.adapters?.[f.regime]
  return folder === undefined ? TE.right(undefined) : bench.ports.adapter(folder)
}

/** The steps of the pipeline that these factors name, on the training data of their regime and seed. */
const running = (
  site: Site,
  f: Factors,
): TE.TaskEither<Fault, WatchedPipeline & { readonly steps: PipelineSteps<Fault> }> =>
  pipe(
    TE.Do,
    TE.bind('made', () => TE.fromEither(pipelineOf(site, f))),
    TE.bind('data', () => trainingRows(site, f)),
    TE.bindW('trained', () => given(site, f)),
    TE.map(({ made, data, trained }) => ({
      ...made,
      steps: interpret(runtimeOf(site))(made.pipeline, {
        data,
        recipe: site.bench.config.recipe,
        seed: f.seed,
        ...(trained === undefined ? {} : { trained }),
      }),
    })),
  )

/** The steps of that pipeline. */
export const stepsOf = (site: Site, f: Factors): TE.TaskEither<Fault, PipelineSteps<Fault>> =>
  pipe(
    running(site, f),
    TE.map(({ steps }) => steps),
  )

// generating -------------------------------------------------------------------------------------

/** A model that answers the prompts, and what determines its answers. */
interface Answering {
  readonly model: TE.TaskEither<Fault, Generates & Scores>
  /** That model without its decoding defences, which `key` does not contain. */
  readonly bare: TE.TaskEither<Fault, Scores>
  readonly key: Key
  readonly decoding: ReadonlyArray<AppliedMethod>
  readonly watched: WatchedPipeline['watched']
}

const tuned = (site: Site, f: Factors): TE.TaskEither<Fault, Answering> =>
  pipe(
    running(site, f),
    TE.chain(({ steps, pipeline, watched }) =>
      pipe(
        steps.adapter,
        TE.map((adapter) => ({
          model: steps.model,
          bare: site.models.open(alignedRequest(site.bench), adapter),
          key: { ...alignedKey(site.bench), adapter: adapterHash(adapter) },
          decoding: pipeline.decoding.steps,
          watched,
        })),
      ),
    ),
  )

/** A model without fine-tuning and without defences. */
const untuned = (site: Site, { model }: Factors): TE.TaskEither<Fault, Answering> => {
  const { bench, models } = site
  return pipe(
    TE.fromEither(model === 'base' ? baseRequest(bench) : E.right(alignedRequest(bench))),
    TE.map((request) => ({
      model: models.open(request),
      bare: models.open(request),
      key: { model: bench.hashes.models[model], template: bench.hashes.templates[model], adapter: null },
      decoding: [],
      watched: (work) => work,
    })),
  )
}

/** The answers of a cell, and everything that determines them, under which they are stored. */
const answered = (
  site: Site,
  { model, key: carrier, decoding, watched }: Answering,
): TE.TaskEither<Fault, { readonly answers: ReadonlyArray<Answer>; readonly key: Key }> => {
  const key: Key = {
    step: 'answers',
    ...environmentKey(site.bench, site.engine),
    ...generationKey(site.bench),
    ...carrier,
    methods: decoding,
  }
  return pipe(
    site.memo.once(
      () => key,
      keepAnswers,
      () =>
        watched(
          TE.bracket(
            model,
            (lm) => answersOf(site, lm),
            (lm) => TE.fromIO(lm.dispose),
          ),
        ),
    ),
    TE.map((answers) => ({ answers, key })),
  )
}

// judging ----------------------------------------------------------------------------------------

/** Judgements in the order of the suite's prompts: `judgements.jsonl`. */
const keepJudgements = keepLines('judgements.jsonl', judgementCodec)

/** What one judge says of answers; stored under the judge and what determines the answers, so that another judge adds to it. */
const judged = (
  site: Site,
  judge: Judge,
  answers: ReadonlyArray<Answered>,
  key: Key,
): TE.TaskEither<Fault, ReadonlyArray<Judgement>> =>
  site.memo.once(
    () => ({ step: 'judgements', judge: judge.id, answers: contentHash(key) }),
    keepJudgements,
    () => {
      const state = { done: 0 }
      return askInBatches({
        batchSize: site.bench.config.batchSize,
        signal: site.signal,
        onDone: (items) => {
          state.done += items
          site.onProgress(state.done / answers.length, `judging by ${judge.id}`)
        },
      })(judge)(answers.map(judgeItem))
    },
  )

/** Every sample of a cell, in the suite's order: its answers, judged by every judge that measures. */
const sampled = (site: Site, answering: Answering): TE.TaskEither<Fault, ReadonlyArray<Sample>> => {
  const { suite } = site.bench
  return pipe(
    answered(site, answering),
    TE.chain(({ answers, key }) => {
      const given = RA.zipWith(suite.evaluation, answers, (item, completion) => ({ item, completion }))
      return pipe(
        suite.judges,
        TE.traverseSeqArray((judge) => judged(site, judge, given, key)),
        TE.map((judgements) => samplesFrom(suite)(given, judgements)),
      )
    }),
  )
}

// cells ------------------------------------------------------------------------------------------

/** What is measured in a cell. */
export interface Evaluated extends Scored {
  readonly samples: ReadonlyArray<Sample>
  readonly cost: CompleteCost
}

/** The stage of each kind of step. */
const stageOfStep: Readonly<Record<string, Stage>> = {
  data: 'data',
  training: 'training',
  weights: 'weights',
  answers: 'decoding',
}

const costOf = (steps: ReadonlyArray<InnerStep>, wallSeconds: number): CompleteCost =>
  cellCostOf(
    steps.flatMap(({ step, ...record }) => {
      const stage = stageOfStep[step]
      return stage === undefined ? [] : [{ stage, ...record }]
    }),
    wallSeconds,
  )

/** The samples of a cell, its scores of the texts whose perplexity is measured, and its cost by stage. */
export const evaluate = (site: Site, f: Factors): TE.TaskEither<Fault, Evaluated> => {
  const started = performance.now()
  return pipe(
    isTuned(f) ? tuned(site, f) : untuned(site, f),
    TE.chain((answering) =>
      pipe(
        TE.Do,
        TE.bind('samples', () => sampled(site, answering)),
        TE.bind('scored', () => textScores(site, answering.bare, answering.key)),
        TE.map(({ samples, scored }) => ({ samples, ...scored })),
      ),
    ),
    measured,
    TE.map(({ value, steps }) => ({ ...value, cost: costOf(steps, (performance.now() - started) / 1000) })),
  )
}
