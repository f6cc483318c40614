/** Bodies of `/v1/chat/completions`. */
import type { Message } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import {
  type Field,
  decodeBody,
  field,
  maybe,
  someText,
  undecidable,
  wholeAbove,
  wholeIn,
  yesOrNo,
} from './fields'
import { type Problem, badField } from './problem'
import type { RequestDefaults } from './serverOptions'
import { refuseUnsupported, unsupportedInChat, unsupportedInMessages } from './unsupported'
import { type Wanted, commonFields, wantedOf } from './wanted'

// codecs -----------------------------------------------------------------------------------------

const roles = ['system', 'developer', 'user', 'assistant', 'tool'] as const
const role: Field<Message['role']> = field(`one of ${roles.join(', ')}`, (u) => {
  const found = roles.find((name) => name === u)
  return found === 'developer' ? 'system' : found
})

const textType = field("'text'; images, audio and files are not supported", (u) =>
  u === 'text' ? u : undefined,
)
const parts = t.readonlyArray(t.type({ type: textType, text: someText }))

/** A string, or parts of text, which are joined as they stand. */
const content: Field<string> = new t.Type<string, unknown>(
  'a string or an array of text parts',
  undecidable,
  (u, c) =>
    typeof u === 'string'
      ? t.success(u)
      : Array.isArray(u)
        ? pipe(
            parts.validate(u, c),
            E.map((all) => all.map(({ text }) => text).join('')),
          )
        : t.failure(u, c, 'must be a string or an array of text parts'),
  (a) => a,
)

const body = t.type({
  ...commonFields,
  messages: t.readonlyArray(t.type({ role, content })),
  max_completion_tokens: maybe(wholeAbove(1)),
  logprobs: maybe(yesOrNo),
  top_logprobs: maybe(wholeIn(0, 20)),
})
type ChatBody = t.TypeOf<typeof body>

// rules ------------------------------------------------------------------------------------------

const messagesIn = (json: unknown): ReadonlyArray<unknown> => {
  const messages: unknown =
    typeof json === 'object' && json !== null && 'messages' in json ? json.messages : undefined
  return Array.isArray(messages) ? messages : []
}

const refuseInMessages = (json: unknown): E.Either<Problem, unknown> =>
  pipe(
    messagesIn(json),
    E.traverseArrayWithIndex((i, message: unknown) =>
      refuseUnsupported(unsupportedInMessages, `messages[${i}].`)(message),
    ),
  )

const agrees = ({
  messages,
  stream,
  stream_options,
  logprobs,
  top_logprobs,
}: ChatBody): Problem | undefined =>
  messages.length === 0
    ? badField('messages', 'must have at least one message')
    : messages.at(-1)?.role === 'assistant'
      ? badField(
          `messages[${messages.length - 1}].role`,
          "must not be assistant in the last message: the beginning of an answer cannot be given; end with the user's turn",
        )
      : top_logprobs !== undefined && logprobs !== true
        ? badField('top_logprobs', 'needs `logprobs` to be true')
        : stream_options !== undefined && stream !== true
          ? badField('stream_options', 'needs `stream` to be true')
          : undefined

// constructors -----------------------------------------------------------------------------------

/** A chat request, completed by the defaults; left: the first field at fault. */
export const chatWanted =
  (defaults: RequestDefaults) =>
  (json: unknown): E.Either<Problem, Wanted> =>
    pipe(
      refuseUnsupported(unsupportedInChat)(json),
      E.chain(() => refuseInMessages(json)),
      E.chain(() => decodeBody(body)(json)),
      E.chain((fields) => {
        const problem = agrees(fields)
        return problem === undefined ? E.right(fields) : E.left(problem)
      }),
      E.map((fields) =>
        wantedOf(
          defaults,
          fields,
          [{ kind: 'messages', messages: fields.messages }],
          fields.max_completion_tokens ?? fields.max_tokens,
          fields.logprobs === true ? (fields.top_logprobs ?? 0) : undefined,
        ),
      ),
    )
