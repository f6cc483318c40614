/** Judges of whatever replies in text: a server, or a function in a test. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Judge, type JudgeError, type PairwiseJudge, badInput } from '../contracts'
import { completionJudge, noCompletion, noPair, pairJudge } from './asking/asJudge'
import { optionValues } from './asking/kindOptions'
import { type Replier, askerByReplies } from './asking/replies'
import { entryNamed } from './registry'

export type { Ask, Replier, ReplyLimits, ReplyToken, TextReply } from './asking/replies'

/**
 * The judge of a kind that asks a replier. @param options as in `KIND:MODEL,option=value`
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import * as E from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 * import { judgeByReplies } from '@safe/tensor-core/judges'
 *
 * const judge = judgeByReplies('rubric', {}, { address: 'a function', ask: () => TE.right({ text: '4' }) })
 * assert(E.isRight(judge))
 * const judged = await judge.right.judge([{ id: '1', prompt: 'how ?', completion: 'so.' }])()
 * assert(E.isRight(judged))
 * assert.equal(judged.right[0]?.score, 4)
 * ```
 */
export const judgeByReplies = (
  kind: string,
  options: Readonly<Record<string, string>>,
  replier: Replier,
): E.Either<JudgeError, Judge> =>
  pipe(
    entryNamed(kind),
    E.chain((entry) =>
      entry.kind === 'model'
        ? pipe(
            optionValues(entry.asks, options, 'function'),
            E.map((values) =>
              completionJudge(
                askerByReplies(entry.asks, values, noCompletion, replier),
                entry.asks.axes(values),
              ),
            ),
          )
        : E.left(badInput('UnknownJudge', `${entry.name} asks nobody about a completion`)),
    ),
  )

/** The judge of pairs that asks a replier. */
export const pairwiseByReplies = (
  kind: string,
  options: Readonly<Record<string, string>>,
  replier: Replier,
): E.Either<JudgeError, PairwiseJudge> =>
  pipe(
    entryNamed(kind),
    E.chain((entry) =>
      entry.kind === 'pairs'
        ? pipe(
            optionValues(entry.asks, options, 'function'),
            E.map((values) => pairJudge(askerByReplies(entry.asks, values, noPair, replier))),
          )
        : E.left(badInput('UnknownJudge', `${entry.name} does not compare answers`)),
    ),
  )
