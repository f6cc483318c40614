/**
 * Greedy completions of every evaluation prompt: a cell before it is judged. They are stored, so that another judge needs no new
 * generation.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Completion, type Fault, type Generates, greedy, interrupted } from '@safe/tensor-core/contracts'
import { type Keep, keepLines } from '@safe/tensor-core/pipeline'
import type { Site } from './site'

// model ------------------------------------------------------------------------------------------

/** The part of a completion that is stored. */
export type Answer = Pick<Completion, 'text' | 'finishReason'>

const answerCodec: t.Decoder<unknown, Answer> = t.type({
  text: t.string,
  finishReason: t.keyof({ stop: null, length: null }),
})

// keeping ----------------------------------------------------------------------------------------

/** Answers in the order of the suite's prompts: `answers.jsonl`. */
export const keepAnswers: Keep<ReadonlyArray<Answer>> = keepLines('answers.jsonl', answerCodec)

// generating -------------------------------------------------------------------------------------

/** Generates a completion for every prompt of the suite. */
export const answersOf = (site: Site, model: Generates): TE.TaskEither<Fault, ReadonlyArray<Answer>> => {
  const { suite, config } = site.bench
  const total = suite.evaluation.length
  // Prompts of similar length are decoded together, to compute little padding; the completions are returned in the suite's order.
  const order = suite.evaluation
    .map((item, place) => ({ item, place, length: JSON.stringify(item.prompt).length }))
    .sort((a, b) => (a.item.set === b.item.set ? a.length - b.length : a.item.set < b.item.set ? -1 : 1))
  return pipe(
    RA.chunksOf(config.batchSize)(order),
    TE.traverseSeqArrayWithIndex((i, batch) =>
      site.signal.aborted
        ? TE.left<Fault>(interrupted('Interrupted', 'stopped while evaluating'))
        : pipe(
            model.generate(
              batch.map(({ item }) => ({ prompt: item.prompt })),
              greedy(suite.maxNewTokens),
            ),
            TE.mapLeft((fault): Fault => fault),
            TE.map((completions) => {
              site.onProgress(Math.min(1, ((i + 1) * config.batchSize) / total), 'evaluating')
              return RA.zipWith(batch, completions, ({ place }, { text, finishReason }) => ({
                place,
                answer: { text, finishReason },
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
