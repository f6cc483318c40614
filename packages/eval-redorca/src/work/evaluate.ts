/** A cell: the answers to every evaluation prompt, and the verdict of the suite's judge on each. */
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type AppliedMethod, type Fault, type Generates, interrupted } from '@safe/tensor-core/contracts'
import { type Key, type PipelineSteps, adapterHash, interpret } from '@safe/tensor-core/pipeline'
import { alignedKey, environmentKey } from '../plan/applied'
import { generationKey } from '../plan/cells'
import { type Factors, isTuned } from '../plan/factors'
import { type Sample, samplesOf } from '../suite/samples'
import { type Answer, answersOf, keepAnswers } from './answers'
import { type WatchedPipeline, pipelineOf } from './defences'
import { alignedRequest, baseRequest, runtimeOf } from './runtime'
import type { Site } from './site'

// pipelines --------------------------------------------------------------------------------------

/** The steps of the pipeline that these factors name, on the training data of their regime and seed. */
const running = (
  site: Site,
  f: Factors,
): E.Either<Fault, WatchedPipeline & { readonly steps: PipelineSteps<Fault> }> =>
  pipe(
    E.Do,
    E.bind('made', () => pipelineOf(site, f)),
    E.bind('data', () => site.bench.suite.trainingData(f.regime, f.seed)),
    E.map(({ made, data }) => ({
      ...made,
      steps: interpret(runtimeOf(site))(made.pipeline, {
        data,
        recipe: site.bench.config.recipe,
        seed: f.seed,
      }),
    })),
  )

/** The steps of that pipeline. */
export const stepsOf = (site: Site, f: Factors): E.Either<Fault, PipelineSteps<Fault>> =>
  pipe(
    running(site, f),
    E.map(({ steps }) => steps),
  )

// generating -------------------------------------------------------------------------------------

/** A model that answers the prompts, and what determines its answers. */
interface Answering {
  readonly model: TE.TaskEither<Fault, Generates>
  readonly key: Key
  readonly decoding: ReadonlyArray<AppliedMethod>
  readonly watched: WatchedPipeline['watched']
}

const tuned = (site: Site, f: Factors): TE.TaskEither<Fault, Answering> =>
  pipe(
    TE.fromEither(running(site, f)),
    TE.chain(({ steps, pipeline, watched }) =>
      pipe(
        steps.adapter,
        TE.map((adapter) => ({
          model: steps.model,
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
      key: { model: bench.hashes.models[model], template: bench.hashes.templates[model], adapter: null },
      decoding: [],
      watched: (work) => work,
    })),
  )
}

/** The answers of a cell, stored under everything that determines them. */
const answered = (site: Site, f: Factors): TE.TaskEither<Fault, ReadonlyArray<Answer>> =>
  pipe(
    isTuned(f) ? tuned(site, f) : untuned(site, f),
    TE.chain(({ model, key, decoding, watched }) =>
      site.memo.once(
        () => ({
          step: 'answers',
          ...environmentKey(site.bench, site.engine),
          ...generationKey(site.bench),
          ...key,
          methods: decoding,
        }),
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
    ),
  )

// judging ----------------------------------------------------------------------------------------

/** Every sample of a cell, in the suite's order: its answers, judged by the judge that measures. */
export const evaluate = (site: Site, f: Factors): TE.TaskEither<Fault, ReadonlyArray<Sample>> => {
  const { suite, config } = site.bench
  return pipe(
    answered(site, f),
    TE.map((answers) =>
      RA.chunksOf(config.batchSize)(
        RA.zipWith(suite.evaluation, answers, (item, completion) => ({ item, completion })),
      ),
    ),
    TE.chain(
      TE.traverseSeqArray((batch): TE.TaskEither<Fault, ReadonlyArray<Sample>> =>
        site.signal.aborted
          ? TE.left(interrupted('Interrupted', 'stopped while judging'))
          : samplesOf(suite)(batch),
      ),
    ),
    TE.map((batches) => batches.flat()),
  )
}
