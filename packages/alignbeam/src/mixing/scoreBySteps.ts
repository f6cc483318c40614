/** Teacher-forced scores under the distributions of sessions: where several models decide each token, no one model's `score` has them. */
import type { DecodingSession, Example, LmError, Score, Steps } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { disposing } from './bridging'
import { topTokens } from './topTokens'

/** A response token as a distribution sees it. */
interface ScoredToken {
  readonly logProb: number
  readonly correct: boolean
}

/** The response token at this place of each row that has one, under the distribution before it. */
const scoredHere = (
  distributions: ReadonlyArray<Float32Array>,
  responses: ReadonlyArray<ReadonlyArray<number>>,
  at: number,
): ReadonlyArray<ReadonlyArray<ScoredToken>> =>
  responses.map((tokens, i) => {
    const [token, row] = [tokens[at], distributions[i]]
    return token === undefined || row === undefined
      ? []
      : [{ logProb: row[token] ?? Number.NEGATIVE_INFINITY, correct: topTokens(row, 1)[0] === token }]
  })

/** All rows advance together to the end of the longest response; the session given stays the caller's. */
const scored =
  (
    session: DecodingSession,
    responses: ReadonlyArray<ReadonlyArray<number>>,
  ): TE.TaskEither<LmError, ReadonlyArray<ReadonlyArray<ScoredToken>>> =>
  async () => {
    const longest = Math.max(0, ...responses.map((tokens) => tokens.length))
    let steps: ReadonlyArray<ReadonlyArray<ScoredToken>> = responses.map(() => [])
    let here = session
    const leave = (): void => {
      if (here !== session) here.dispose()
    }
    try {
      for (let at = 0; at < longest; at++) {
        const rows = await here.logProbs()
        if (E.isLeft(rows)) return rows
        steps = RA.zipWith(steps, scoredHere(rows.right, responses, at), (before, now) => [...before, ...now])
        if (at + 1 === longest) break
        const next = await here.edit(
          responses.map((tokens, i) => ({
            keep: here.tokens[i]?.length ?? 0,
            tokens: tokens.slice(at, at + 1),
          })),
        )()
        if (E.isLeft(next)) return next
        leave()
        here = next.right
      }
      return E.right(steps)
    } finally {
      leave()
    }
  }

const scoreOf = ({ id, tokens }: Score, steps: ReadonlyArray<ScoredToken>): Score => ({
  id,
  tokens,
  logProbs: steps.map(({ logProb }) => logProb),
  correct: steps.map(({ correct }) => correct),
  nll: steps.reduce((sum, { logProb }) => sum - logProb, 0) / Math.max(1, steps.length),
})

/** @param own scores of the same examples by a model of this vocabulary, for the tokens of the responses */
export const scoreBySteps =
  (model: Pick<Steps, 'open'>, batchSize: number) =>
  (
    examples: ReadonlyArray<Example>,
    own: ReadonlyArray<Score>,
  ): TE.TaskEither<LmError, ReadonlyArray<Score>> =>
    pipe(
      RA.chunksOf(batchSize)(RA.zip(examples, own)),
      TE.traverseSeqArray((batch) =>
        pipe(
          model.open(batch.map(([{ prompt }]) => prompt)),
          TE.chain((session) =>
            disposing(
              session,
              scored(
                session,
                batch.map(([, { tokens }]) => tokens),
              ),
            ),
          ),
          TE.map((steps) => RA.zipWith(batch, steps, ([, score], found) => scoreOf(score, found))),
        ),
      ),
      TE.map((parts) => parts.flat()),
    )
