/**
 * How a server is made to continue a row: by its ids, by its text, or as the last message of a conversation. Mixing writes one token at
 * a time, so every way must continue exactly what is there already.
 */
import {
  type EndpointError,
  type InputError,
  type LmError,
  type Message,
  type Prompt,
  badInput,
} from '@safe/tensor-core/contracts'
import { type Endpoint, type Reply, type Sampling, addressText } from '@safe/tensor-core/endpoint'
import { type PromptTemplate, type TextTokenizer, encodePrompt } from '@safe/tensor-core/text'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { TokenBook } from './tokenBook'

// model ------------------------------------------------------------------------------------------

export const continuations = ['tokens', 'text', 'chat'] as const
/**
 * How a text is continued by a server: `tokens` sends ids to `/completions`, `text` sends text there, `chat` sends a conversation to
 * `/chat/completions` whose last message is the assistant's.
 */
export type Continuation = (typeof continuations)[number]

/** A row as its prompt and what was added to it. */
export interface Row {
  readonly prompt: ReadonlyArray<number>
  readonly added: ReadonlyArray<number>
}

/** One way to continue rows. */
export interface Continues {
  readonly encodePrompt: (prompt: Prompt) => E.Either<LmError, ReadonlyArray<number>>
  /** The server's reply; its text is what it adds to the row. */
  readonly ask: (row: Row, sampling: Sampling) => TE.TaskEither<LmError, Reply>
  /** Whether what is added must be whole characters. */
  readonly wholeCharacters: boolean
  /** Why a row that has begun cannot be continued, where that is known before the server is asked. */
  readonly refusal?: EndpointError
}

/** What every way needs. */
export interface Asked {
  readonly endpoint: Endpoint
  readonly book: TokenBook
  /** The option that chooses the way, for messages. */
  readonly field: string
}

// rows -------------------------------------------------------------------------------------------

/** The text of ids as it stands within a longer text: leading blanks are kept. */
const textOf = ({ tokenizer }: TokenBook, ids: ReadonlyArray<number>): string =>
  Buffer.concat(ids.map((id) => tokenizer.bytes(id) ?? new Uint8Array(0))).toString('utf8')

/** Ids are asked for where tokens are listed and ids can be read. */
const idsToo = ({ known }: TokenBook, { topLogProbs }: Sampling): Pick<Sampling, 'tokenIds'> =>
  known && topLogProbs !== undefined ? { tokenIds: true } : {}

const foreignTokens = (where: string): E.Either<InputError, never> =>
  E.left(
    badInput('BadRow', 'is a prompt of tokens, which this model cannot be asked', {
      where,
      remedy: 'give prompts as text, or the tokenizer of the model with continuation by tokens',
    }),
  )

/** Prompts that were encoded before are ids of the book already. */
const encodedBefore = (
  { endpoint, book }: Asked,
  tokens: ReadonlyArray<number>,
  allowed: (id: number) => boolean,
): E.Either<InputError, ReadonlyArray<number>> =>
  tokens.every((id) => (book.noted(id) === undefined ? book.known : true) && allowed(id))
    ? E.right(tokens)
    : foreignTokens(addressText(endpoint.address))

// tokens -----------------------------------------------------------------------------------------

const refusesTokens = (field: string, fault: EndpointError): EndpointError =>
  fault._tag === 'EndpointRefused' && /refuses the request/.test(fault.message)
    ? { ...fault, remedy: `where it takes no prompts of tokens, give \`${field}\` text` }
    : fault

/** By ids: nothing is read differently from how it was written, and parts of characters can be continued. */
export const byTokens = (
  { endpoint, book, field }: Asked,
  tokenizer: TextTokenizer,
  template: PromptTemplate,
): Continues => ({
  encodePrompt: encodePrompt(tokenizer, template),
  wholeCharacters: false,
  ask: ({ prompt, added }, sampling) =>
    pipe(
      endpoint.complete({ prompt: [...prompt, ...added], ...idsToo(book, sampling), ...sampling }),
      TE.mapLeft((fault) => refusesTokens(field, fault)),
    ),
})

// text -------------------------------------------------------------------------------------------

/**
 * The text before what is added, and whether the server has to put its begin-of-sequence before it: ids that were given as a prompt
 * have theirs.
 */
const begun = ({ book }: Asked, { prefixed }: PromptTemplate, prompt: ReadonlyArray<number>) =>
  prompt.every((id) => book.noted(id) !== undefined)
    ? { text: textOf(book, prompt), isWhole: !prefixed }
    : { text: book.tokenizer.decode(prompt), isWhole: true }

/** By text: the server reads it with its own tokenizer, and puts its begin-of-sequence before text without one. */
export const byText = (asked: Asked, template: PromptTemplate): Continues => {
  const { endpoint, book } = asked
  return {
    encodePrompt: (prompt) =>
      prompt.kind === 'tokens'
        ? encodedBefore(asked, prompt.tokens, (id) => book.noted(id)?.kind !== 'conversation')
        : pipe(
            template.render(prompt),
            E.map((text) => [book.note({ kind: 'text', bytes: new TextEncoder().encode(text) })]),
          ),
    wholeCharacters: true,
    ask: ({ prompt, added }, sampling) => {
      const { text, isWhole } = begun(asked, template, prompt)
      return endpoint.complete({
        prompt: `${text}${textOf(book, added)}`,
        ...idsToo(book, sampling),
        ...(isWhole ? { addSpecialTokens: false } : {}),
        ...sampling,
      })
    },
  }
}

// chat -------------------------------------------------------------------------------------------

const messagesOf = (prompt: Exclude<Prompt, { readonly kind: 'tokens' }>): ReadonlyArray<Message> =>
  prompt.kind === 'text' ? [{ role: 'user', content: prompt.text }] : prompt.messages

/** Some servers (llama.cpp) answer with the whole message, its beginning included. */
const onlyAdded = (begun: string, reply: Reply): Reply =>
  begun !== '' && reply.text.startsWith(begun) ? { ...reply, text: reply.text.slice(begun.length) } : reply

const cannotContinue = (field: string, where: string, reason: string): EndpointError =>
  badInput('EndpointRefused', `cannot continue a message of the assistant (${reason})`, {
    where,
    remedy: `give \`${field}\` text or tokens`,
  })

const namesContinuing = /continue_final_message|add_generation_prompt/

/** As the last message of a conversation: the server's own chat template is applied. */
export const byChat = (asked: Asked): Continues => {
  const { endpoint, book, field } = asked
  const where = addressText(endpoint.address)
  const isOpenAi = new URL(endpoint.address.url).hostname === 'api.openai.com'
  const refusal = isOpenAi
    ? cannotContinue(field, where, 'the API of OpenAI answers with a new one')
    : undefined
  return {
    encodePrompt: (prompt) =>
      prompt.kind === 'tokens'
        ? encodedBefore(asked, prompt.tokens, (id) => book.noted(id)?.kind === 'conversation')
        : E.right([book.note({ kind: 'conversation', messages: messagesOf(prompt) })]),
    wholeCharacters: true,
    ...(refusal === undefined ? {} : { refusal }),
    ask: ({ prompt, added }, sampling) => {
      const written = textOf(book, added)
      const messages = prompt.flatMap((id) => {
        const entry = book.noted(id)
        return entry?.kind === 'conversation' ? entry.messages : []
      })
      if (written === '') return endpoint.chat({ messages, ...idsToo(book, sampling), ...sampling })
      if (refusal !== undefined) return TE.left(refusal)
      return pipe(
        endpoint.chat({
          messages: [...messages, { role: 'assistant', content: written }],
          continues: true,
          ...idsToo(book, sampling),
          ...sampling,
        }),
        TE.bimap(
          (fault) =>
            namesContinuing.test(fault.message) ? cannotContinue(field, where, fault.message) : fault,
          (reply) => onlyAdded(written, reply),
        ),
      )
    },
  }
}
