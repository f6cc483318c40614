/**
 * Greedy completions of every evaluation prompt, and the candidates chosen where an item lists some: a cell before it is judged. They
 * are stored, so that another judge needs no new generation.
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
  type Scores,
  greedy,
} from '@safe/tensor-core/contracts'
import { type Keep, keepLines } from '@safe/tensor-core/pipeline'
import type { BenchConfig } from '../config/config'
import type { EvaluationItem, Suite } from '../suite/suite'
import { inBatches } from './askInBatches'
import { choose } from './choose'
import { noteTokens } from './meter'
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

type Ordered = ReturnType<typeof inOrder>

const generated =
  (model: Generates, { maxNewTokens }: Pick<Suite, 'maxNewTokens'>) =>
  (batch: Ordered): TE.TaskEither<Fault, ReadonlyArray<Answer>> =>
    pipe(
      model.generate(
        batch.map(({ item }) => requestOf(item)),
        greedy(maxNewTokens),
      ),
      TE.mapLeft((fault): Fault => fault),
      TE.chainFirstIOK((completions) => () => {
        noteTokens(completions.reduce((sum, { tokens }) => sum + tokens.length, 0))
      }),
      TE.map(RA.map(({ text, finishReason }) => ({ text, finishReason }))),
    )

/** The completion of every prompt of the suite, in its order: generated, or chosen among an item's candidates. */
export const answersOf = (
  { bench: { suite, config }, signal, onProgress }: Asking,
  model: Generates & Scores,
): TE.TaskEither<Fault, ReadonlyArray<Answer>> => {
  const state = { done: 0 }
  const asked = inBatches({
    batchSize: config.batchSize,
    signal,
    doing: 'evaluating',
    onDone: (items) => {
      state.done += items
      onProgress(state.done / suite.evaluation.length, 'evaluating')
    },
  })
  const { left: free, right: choices } = pipe(
    inOrder(suite),
    RA.partition(({ item }) => item.choice !== undefined),
  )
  return pipe(
    TE.Do,
    TE.bind('completed', () => asked(generated(model, suite))(free)),
    TE.bind('chosen', () => asked((batch: Ordered) => choose(model)(batch.map(({ item }) => item)))(choices)),
    TE.map(({ completed, chosen }) =>
      RA.zip([...free, ...choices], [...completed, ...chosen])
        .map(([{ place }, answer]) => ({ place, answer }))
        .sort((a, b) => a.place - b.place)
        .map(({ answer }) => answer),
    ),
  )
}
