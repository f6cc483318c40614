/** A prompt of promptfoo as a conversation: a JSON array of messages, or any other text as one turn of the user. */
import type { Message } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'

const Messages = t.readonlyArray(
  t.readonly(
    t.type({
      role: t.union([t.literal('system'), t.literal('user'), t.literal('assistant')]),
      content: t.string,
    }),
  ),
)

/** What promptfoo hands over once its variables are filled in. */
export const messagesOf = (prompt: string): ReadonlyArray<Message> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(prompt),
      () => undefined,
    ),
    E.chainW((json) => Messages.decode(json)),
    E.filterOrElseW(
      (messages) => messages.length > 0,
      () => undefined,
    ),
    E.getOrElse((): ReadonlyArray<Message> => [{ role: 'user', content: prompt }]),
  )
