/**
 * Greedy completions of every evaluation prompt: a cell before it is judged. They are stored, so that another judge needs no new
 * generation.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Completion,
  type Fault,
  type Generates,
  type GenerationRequest,
  greedy,
  interrupted,
} from '@safe/tensor-core/contracts'
import { type Keep, keepLines } from '@safe/tensor-core/pipeline'
import type { BenchConfig } from '../config/config'
import type { EvaluationItem, Suite } from '../suite/suite'
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

/** What generating needs of a site. */
export interface Asking extends Pick<Site, 'signal' | 'onProgress'> {
  readonly bench: {
    readonly suite: Pick<Suite, 'evaluation' | 'maxNewTokens'>
    readonly config: Pick<BenchConfig, 'batchSize'>
  }
}

/** The request of an item: its prompt, and its own limit where it has one. */
export const requestOf = ({ prompt, maxNewTokens }: EvaluationItem): GenerationRequest => ({
  prompt,
  ...(maxNewTokens === undefined ? {} : { maxNewTokens }),
})

/**
 * The items with their places in the suite, in the order in which they are decoded: prompts of one kind, of one limit and of similar
 * length together, to compute little padding.
 */
const inOrder = ({
  evaluation,
  maxNewTokens,
}: Asking['bench']['suite']): ReadonlyArray<{ readonly item: EvaluationItem; readonly place: number }> =>
  evaluation
    .map((item, place) => ({
      item,
      place,
      limit: item.maxNewTokens ?? maxNewTokens,
      length: JSON.stringify(item.prompt).length,
    }))
    .sort((a, b) =>
      a.item.set === b.item.set ? a.limit - b.limit || a.length - b.length : a.item.set < b.item.set ? -1 : 1,
    )

/** Generates a completion for every prompt of the suite, in its order. */
export const answersOf = (site: Asking, model: Generates): TE.TaskEither<Fault, ReadonlyArray<Answer>> => {
  const { suite, config } = site.bench
  const total = suite.evaluation.length
  return pipe(
    RA.chunksOf(config.batchSize)(inOrder(suite)),
    TE.traverseSeqArrayWithIndex((i, batch) =>
      site.signal.aborted
        ? TE.left<Fault>(interrupted('Interrupted', 'stopped while evaluating'))
        : pipe(
            model.generate(
              batch.map(({ item }) => requestOf(item)),
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
