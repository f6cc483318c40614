/**
 * Replies, and the shapes in which servers send them. Log-probabilities come in two: `{content: [{token, logprob, top_logprobs}]}` of
 * chat, and `{tokens, token_logprobs, top_logprobs}` of completions; some servers (llama.cpp) use the first one for both.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { errorLine } from '../files'

// model ------------------------------------------------------------------------------------------

const TokenText = t.readonly(
  t.intersection([
    t.type({ token: t.string, logProb: t.number }),
    t.partial({ id: t.number, bytes: t.readonlyArray(t.number) }),
  ]),
)
/** A token as text, with its natural log-probability. */
export interface TokenText {
  /** Parts of characters are U+FFFD, or left out; `token_id:N` where ids were asked for in place of texts. */
  readonly token: string
  readonly logProb: number
  /** Its id in the server's vocabulary, where the server gives it. */
  readonly id?: number
  /** Its bytes, where the server gives them; empty for tokens without text, as most servers show special ones. */
  readonly bytes?: ReadonlyArray<number>
}

const ReplyToken = t.readonly(t.intersection([TokenText, t.type({ top: t.readonlyArray(TokenText) })]))
/** A token of a reply. */
export interface ReplyToken extends TokenText {
  /** The most probable tokens at its place, best first. */
  readonly top: ReadonlyArray<TokenText>
}

const FinishReason = t.union([
  t.literal('stop'),
  t.literal('length'),
  t.literal('filtered'),
  t.literal('other'),
])
/** Why a reply ended: by itself or at a stop text, at the limit of tokens, by a filter of the server, or for another reason. */
export type FinishReason = t.TypeOf<typeof FinishReason>

/** A reply as it is handed out and kept. */
export const Reply = t.readonly(
  t.intersection([
    t.type({ text: t.string, finishReason: FinishReason }),
    t.partial({
      logProbs: t.readonlyArray(ReplyToken),
      servedModel: t.string,
      leftOut: t.readonlyArray(t.string),
      answer: t.unknown,
    }),
  ]),
)
/** What a model answered. */
export interface Reply {
  readonly text: string
  readonly finishReason: FinishReason
  /**
   * Per token of the reply; absent where none were asked for or the server gives none. The token that ended the reply may be among
   * them, with empty text.
   */
  readonly logProbs?: ReadonlyArray<ReplyToken>
  /** The model that answered, as the server says: a version where the name was an alias. */
  readonly servedModel?: string
  /** Fields of the request that the server refused, so that they were left out. */
  readonly leftOut?: ReadonlyArray<string>
  /** The server's whole answer as JSON, where the request had an `extension`. */
  readonly answer?: unknown
}

// shapes -----------------------------------------------------------------------------------------

const orNull = <A>(codec: t.Type<A, unknown>): t.Type<A | null, unknown> =>
  t.union([codec, t.null], `${codec.name} or null`)

/** Servers write null where a log-probability is minus infinity, or where there is none. */
const Nats = orNull(t.number)

/** `id` is llama.cpp's; null bytes are llama-cpp-python's. */
const ListedToken = t.intersection([
  t.type({ token: t.string, logprob: Nats }),
  t.partial({ id: orNull(t.number), bytes: orNull(t.array(t.number)) }),
])
const ByContent = t.type({
  content: orNull(
    t.array(
      t.intersection([ListedToken, t.partial({ top_logprobs: orNull(t.array(ListedToken)) })]),
      'a list of tokens',
    ),
  ),
})
const ByTokens = t.intersection([
  t.type({ tokens: t.array(t.string), token_logprobs: t.array(Nats) }),
  t.partial({ top_logprobs: orNull(t.array(orNull(t.record(t.string, Nats, 'a mapping')), 'a list')) }),
])
const LogProbs = t.union([ByContent, ByTokens], 'log-probabilities')
type LogProbs = t.TypeOf<typeof LogProbs>

const Ending = t.partial({ finish_reason: orNull(t.string), logprobs: orNull(LogProbs) })
const Answer = t.partial({ model: orNull(t.string) })
const ChatAnswer = t.intersection([
  Answer,
  t.type({
    choices: t.array(
      t.intersection([
        t.type({ message: t.partial({ content: orNull(t.string), refusal: orNull(t.string) }, 'a message') }),
        Ending,
      ]),
      'a list',
    ),
  }),
])
const TextAnswer = t.intersection([
  Answer,
  t.type({ choices: t.array(t.intersection([t.type({ text: t.string }), Ending]), 'a list') }),
])

// log-probabilities ------------------------------------------------------------------------------

interface Entry {
  readonly token: string
  readonly logprob: number | null | undefined
  readonly id?: number | null | undefined
  readonly bytes?: ReadonlyArray<number> | null | undefined
}

/** How vLLM spells a token where its id is asked for. */
const spelledId = /^token_id:(\d+)$/

const known = ({ token, logprob, id, bytes }: Entry): ReadonlyArray<TokenText> => {
  if (typeof logprob !== 'number' || !Number.isFinite(logprob)) return []
  const spelled = spelledId.exec(token)?.[1]
  // The bytes beside a spelled id are those of the spelling.
  return spelled !== undefined
    ? [{ token, logProb: logprob, id: Number(spelled) }]
    : [
        {
          token,
          logProb: logprob,
          ...(typeof id === 'number' ? { id } : {}),
          ...(Array.isArray(bytes) ? { bytes } : {}),
        },
      ]
}

const tokenOf = (entry: Entry, top: ReadonlyArray<Entry>): ReadonlyArray<ReplyToken> =>
  known(entry).map((chosen) => ({
    ...chosen,
    top: [...top.flatMap(known)].sort((a, b) => b.logProb - a.logProb),
  }))

const tokensOf = (given: LogProbs): ReadonlyArray<ReadonlyArray<ReplyToken>> =>
  'tokens' in given
    ? given.tokens.map((token, i) =>
        tokenOf(
          { token, logprob: given.token_logprobs[i] },
          Object.entries(given.top_logprobs?.[i] ?? {}).map(([text, logprob]) => ({ token: text, logprob })),
        ),
      )
    : (given.content ?? []).map((entry) => tokenOf(entry, entry.top_logprobs ?? []))

/** Undefined where a token has none: a part of them would be read as the whole. */
const logProbsOf = (given: LogProbs | null | undefined): ReadonlyArray<ReplyToken> | undefined => {
  if (given === null || given === undefined || ('content' in given && given.content === null))
    return undefined
  const tokens = tokensOf(given)
  return tokens.every((found) => found.length === 1) ? tokens.flat() : undefined
}

// decoding ---------------------------------------------------------------------------------------

const finishReasonOf = (given: string | null | undefined): FinishReason =>
  given === 'length'
    ? 'length'
    : given === 'content_filter'
      ? 'filtered'
      : given === 'stop' || given === 'eos_token' || given === 'stop_sequence'
        ? 'stop'
        : 'other'

const replyOf = (
  text: string,
  ending: t.TypeOf<typeof Ending>,
  servedModel: string | null | undefined,
): Reply => {
  const logProbs = logProbsOf(ending.logprobs)
  return {
    text,
    finishReason: finishReasonOf(ending.finish_reason),
    ...(logProbs === undefined ? {} : { logProbs }),
    ...(servedModel === null || servedModel === undefined ? {} : { servedModel }),
  }
}

const firstChoice = <A>(choices: ReadonlyArray<A>): E.Either<string, A> =>
  E.fromNullable('field choices is empty')(choices[0])

/** The reply to a conversation; a refusal in the server's own field is the reply's text. @returns left: one line on what is wrong */
export const chatReply = (answer: unknown): E.Either<string, Reply> =>
  pipe(
    ChatAnswer.decode(answer),
    E.mapLeft(errorLine),
    E.chain(({ choices, model }) =>
      pipe(
        firstChoice(choices),
        E.map((choice) => replyOf(choice.message.content ?? choice.message.refusal ?? '', choice, model)),
      ),
    ),
  )

/** The reply to a text. @returns left: one line on what is wrong */
export const completionReply = (answer: unknown): E.Either<string, Reply> =>
  pipe(
    TextAnswer.decode(answer),
    E.mapLeft(errorLine),
    E.chain(({ choices, model }) =>
      pipe(
        firstChoice(choices),
        E.map((choice) => replyOf(choice.text, choice, model)),
      ),
    ),
  )

/** Keeps the whole answer with the reply. */
export const withAnswer =
  (decode: (answer: unknown) => E.Either<string, Reply>) =>
  (answer: unknown): E.Either<string, Reply> =>
    pipe(
      decode(answer),
      E.map((reply) => ({ ...reply, answer })),
    )

// destructors ------------------------------------------------------------------------------------

const logSum = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))

/**
 * Log-probabilities of the reply's first token by its text: of the chosen one and of those listed beside it. Tokens of equal text are
 * one entry with the sum of their probabilities.
 *
 * @returns undefined where the reply has no log-probabilities
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { firstTokenLogProbs } from '@safe/tensor-core/endpoint'
 *
 * const found = firstTokenLogProbs({
 *   text: 'Yes',
 *   finishReason: 'length',
 *   logProbs: [{ token: 'Yes', logProb: -0.1, top: [{ token: 'Yes', logProb: -0.1 }, { token: 'No', logProb: -2.4 }] }],
 * })
 * assert.deepStrictEqual([...(found ?? [])], [['Yes', -0.1], ['No', -2.4]])
 * ```
 */
export const firstTokenLogProbs = ({ logProbs }: Reply): ReadonlyMap<string, number> | undefined => {
  const first = logProbs?.[0]
  if (first === undefined) return undefined
  const sums = new Map<string, number>()
  for (const { token, logProb } of first.top) {
    const before = sums.get(token)
    sums.set(token, before === undefined ? logProb : logSum(before, logProb))
  }
  if (!sums.has(first.token)) sums.set(first.token, first.logProb)
  return sums
}
