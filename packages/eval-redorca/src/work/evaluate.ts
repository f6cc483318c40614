/** A cell: greedy answers to every evaluation prompt, what each was, and the metrics. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type CausalLM, type Fault, type Generates, greedy, interrupted } from '@safe/tensor-core/contracts'
import type { Factors } from '../plan/factors'
import { type Answer, type Sample, samplesOf } from '../results/samples'
import { type Site, alignedModel, defence, defendedAdapter } from './workbench'

/** The model a cell asks, before its decoding defence. */
const modelOf = (site: Site, f: Factors): TE.TaskEither<Fault, CausalLM> =>
  f.regime !== 'none'
    ? pipe(
        defendedAdapter(site, f),
        TE.chain((adapter) => alignedModel(site, adapter)),
      )
    : f.model === 'aligned'
      ? alignedModel(site)
      : site.bench.ports.model({
          model: site.bench.suite.models.base,
          template: site.bench.suite.template,
          dtype: site.bench.config.dtype,
          batchSize: site.bench.config.batchSize,
        })

const stopped = (): Fault => interrupted('Interrupted', 'stopped while evaluating')

/** What the model says to every evaluation prompt, in the suite's order. */
const answersOf = (site: Site, model: Generates): TE.TaskEither<Fault, ReadonlyArray<Answer>> => {
  const { suite, config } = site.bench
  const total = suite.evaluation.length
  // Prompts of like length are decoded together, so that little is computed for padding; rows come back in their own order.
  const order = suite.evaluation
    .map((item, place) => ({ item, place, length: JSON.stringify(item.prompt).length }))
    .sort((a, b) => (a.item.set === b.item.set ? a.length - b.length : a.item.set < b.item.set ? -1 : 1))
  return pipe(
    RA.chunksOf(config.batchSize)(order),
    TE.traverseSeqArrayWithIndex((i, batch) =>
      site.signal.aborted
        ? TE.left(stopped())
        : pipe(
            model.generate(
              batch.map(({ item }) => ({ prompt: item.prompt })),
              greedy(suite.maxNewTokens),
            ),
            TE.map((completions) => {
              site.onProgress(Math.min(1, ((i + 1) * config.batchSize) / total), 'evaluating')
              return RA.zipWith(batch, completions, ({ item, place }, completion) => ({
                place,
                answer: { item, completion },
              }))
            }),
          ),
    ),
    TE.map((batches) =>
      batches
        .flat()
        .sort((a, b) => a.place - b.place)
        .map(({ answer }) => answer),
    ),
  )
}

/** What those answers were, by the judge that measures. */
const judged = (site: Site, answers: ReadonlyArray<Answer>): TE.TaskEither<Fault, ReadonlyArray<Sample>> =>
  pipe(
    RA.chunksOf(site.bench.config.batchSize)(answers),
    TE.traverseSeqArray((batch) =>
      site.signal.aborted ? TE.left(stopped()) : samplesOf(site.bench.suite)(batch),
    ),
    TE.map((batches) => batches.flat()),
  )

const answered = (site: Site, model: CausalLM): TE.TaskEither<Fault, ReadonlyArray<Sample>> =>
  pipe(
    answersOf(site, model),
    TE.chain((answers) => judged(site, answers)),
  )

/** That model under its decoding defence, which takes it over: disposing of the defended model frees both. */
const defendedModel = (site: Site, f: Factors): TE.TaskEither<Fault, CausalLM> =>
  pipe(
    modelOf(site, f),
    TE.chain((model) =>
      f.decoding === 'none'
        ? TE.right(model)
        : pipe(
            defence(site, 'decoding', f),
            TE.chain((d) => d.apply(model)),
            TE.mapLeft((fault) => {
              model.dispose()
              return fault
            }),
          ),
    ),
  )

/** Every sample of a cell, in the suite's order. */
export const evaluate = (site: Site, f: Factors): TE.TaskEither<Fault, ReadonlyArray<Sample>> =>
  TE.bracket(
    defendedModel(site, f),
    (model) => answered(site, model),
    (model) => TE.fromIO(() => model.dispose()),
  )
