/** How well a model predicts the texts whose perplexity is measured. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, type Score, type Scores, failure } from '@safe/tensor-core/contracts'
import { type Keep, type Key, dataHash, keepLines } from '@safe/tensor-core/pipeline'
import { environmentKey } from '../plan/applied'
import type { Scored } from '../results/perplexity'
import { type TextScore, textScoreCodec } from '../suite/textScores'
import { type Asking, inBatches } from './askInBatches'
import type { Site } from './site'

/** Scores in the order of the texts: `perplexity.jsonl`. */
export const keepTextScores: Keep<ReadonlyArray<TextScore>> = keepLines('perplexity.jsonl', textScoreCodec)

const textScore = ({ id, logProbs }: Score): TextScore => ({
  id,
  tokens: logProbs.length,
  nll: logProbs.reduce((sum, logProb) => sum - logProb, 0),
})

/** @returns left: a text is missing, or what the model gives is no likelihood */
const checked =
  (model: Scores, wanted: number) =>
  (scores: ReadonlyArray<TextScore>): E.Either<Fault, ReadonlyArray<TextScore>> => {
    const wrong = scores.find(({ nll }) => !Number.isFinite(nll))
    return scores.length === wanted && wrong === undefined
      ? E.right(scores)
      : E.left(
          failure(
            'ModelFailed',
            wrong === undefined
              ? `gave ${scores.length} scores for ${wanted} texts`
              : `gave no finite log-likelihood for the text ${wrong.id}`,
            { where: model.id },
          ),
        )
  }

/** The score of every text, in their order. */
export const textScoresOf = (
  asking: Omit<Asking, 'doing'>,
  model: Scores,
  { examples }: Dataset,
): TE.TaskEither<Fault, ReadonlyArray<TextScore>> =>
  pipe(
    examples,
    inBatches({ ...asking, doing: 'measuring perplexity' })((batch) =>
      pipe(
        model.score(batch),
        TE.mapLeft((fault): Fault => fault),
        TE.map((scores) => scores.map(textScore)),
        TE.chainEitherK(checked(model, batch.length)),
      ),
    ),
  )

/**
 * The scores of the suite's texts by a cell's model, kept under all that determines them; empty where the suite has no texts.
 *
 * @param carrier what determines the model
 */
export const textScores = (
  { bench, engine, memo, signal, onProgress }: Site,
  model: TE.TaskEither<Fault, Scores>,
  carrier: Key,
): TE.TaskEither<Fault, Scored> => {
  const texts = bench.suite.perplexity
  if (texts === undefined) return TE.right({})
  const state = { done: 0 }
  return pipe(
    memo.once(
      () => ({ step: 'perplexity', ...environmentKey(bench, engine), ...carrier, texts: dataHash(texts) }),
      keepTextScores,
      () =>
        TE.bracket(
          model,
          (lm) =>
            textScoresOf(
              {
                batchSize: bench.config.batchSize,
                signal,
                onDone: (rows) => {
                  state.done += rows
                  onProgress(state.done / texts.examples.length, 'measuring perplexity')
                },
              },
              lm,
              texts,
            ),
          (lm) => TE.fromIO(lm.dispose),
        ),
    ),
    TE.map((perplexity) => ({ perplexity })),
  )
}
