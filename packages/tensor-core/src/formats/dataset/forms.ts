/**
 * The known forms of a row, each decoded to prompt and response. A form claims a row by its fields; the first form that claims it
 * decodes it. A row that no form claims is an error: nothing is guessed.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Message, Prompt, Response } from '../../contracts'
import { errorLine } from '../../files/decode'

// model ------------------------------------------------------------------------------------------

type Fields = Readonly<Record<string, unknown>>

export interface Turned {
  readonly prompt: Prompt
  readonly response: Response
}

/** A form of rows; `fields` are those it consumes. */
interface Form {
  readonly fields: ReadonlyArray<string>
  /** @param has whether the row has a field */
  readonly claims: (row: Fields, has: (name: string) => boolean) => boolean
  /** @returns left: what is wrong with the row */
  readonly turn: (row: Fields) => E.Either<string, Turned>
}

// codecs -----------------------------------------------------------------------------------------

const Text = new t.Type<string>('text', t.string.is, t.string.validate, t.identity)
const TokenId = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a token id')
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)

const MessageCodec: t.Type<Message> = t.type(
  {
    role: t.keyof(
      { system: null, user: null, assistant: null, tool: null },
      'system, user, assistant or tool',
    ),
    content: Text,
  },
  'a message {role, content}',
)

const Messages = t.array(MessageCodec, 'a list of messages')

const read =
  <A>(codec: t.Decoder<unknown, A>) =>
  (row: Fields): E.Either<string, A> =>
    pipe(codec.decode(row), E.mapLeft(errorLine))

const isThere = (row: Fields, name: string): boolean => row[name] !== undefined && row[name] !== null

const textOf = (text: string | null | undefined): Response => ({ kind: 'text', text: text ?? '' })

// forms ------------------------------------------------------------------------------------------

const tokens: Form = {
  fields: ['promptTokens', 'responseTokens'],
  claims: (_, has) => has('promptTokens'),
  turn: (row) =>
    pipe(
      read(t.type({ promptTokens: t.array(TokenId), responseTokens: optional(t.array(TokenId)) }))(row),
      E.map((r) => ({
        prompt: { kind: 'tokens', tokens: r.promptTokens },
        response: { kind: 'tokens', tokens: r.responseTokens ?? [] },
      })),
    ),
}

/** The last assistant turn is the response; a conversation that does not end with one is a prompt without a response. */
const turnMessages = (messages: ReadonlyArray<Message>): E.Either<string, Turned> => {
  const last = messages.at(-1)
  const ends = last?.role === 'assistant'
  const before = ends ? messages.slice(0, -1) : messages
  return before.length === 0
    ? E.left('field messages has no turn before the response')
    : E.right({
        prompt: { kind: 'messages', messages: before },
        response: textOf(ends ? last.content : ''),
      })
}

const messages: Form = {
  fields: ['messages'],
  claims: (_, has) => has('messages'),
  turn: (row) =>
    pipe(
      read(t.type({ messages: Messages }))(row),
      E.chain((r) => turnMessages(r.messages)),
    ),
}

/** HH-RLHF transcripts: turns begin with a blank line and `Human:` or `Assistant:`. */
const transcript = (text: string): ReadonlyArray<Message> => {
  const parts = text.split(/(?:^|\n\n)(Human|Assistant):/)
  return parts.flatMap((part, i): ReadonlyArray<Message> =>
    i % 2 === 1
      ? [{ role: part === 'Human' ? 'user' : 'assistant', content: (parts[i + 1] ?? '').trim() }]
      : [],
  )
}

const preference: Form = {
  fields: ['chosen'],
  claims: (row, has) => typeof row['chosen'] === 'string' && !has('prompt'),
  turn: (row) =>
    pipe(
      read(t.type({ chosen: Text }))(row),
      E.map((r) => transcript(r.chosen)),
      E.chain((turns) => {
        const [first, ...rest] = turns
        return first === undefined
          ? E.left('field chosen has no Human: or Assistant: turn')
          : first.role === 'user' && rest.length === 1 && rest[0]?.role === 'assistant'
            ? E.right({ prompt: { kind: 'text', text: first.content }, response: textOf(rest[0].content) })
            : turnMessages(turns)
      }),
    ),
}

/** Instruction and input as one user turn, with a blank line between them. */
const instructed = (instruction: string, input: string | null | undefined): Prompt => ({
  kind: 'text',
  text: input === null || input === undefined || input === '' ? instruction : `${instruction}\n\n${input}`,
})

const Instance = t.intersection([t.type({ output: Text }), t.partial({ input: optional(Text) })])

const instruction: Form = {
  fields: ['instruction', 'input', 'output', 'instances'],
  claims: (_, has) => has('instruction'),
  turn: (row) =>
    isThere(row, 'instances') && !isThere(row, 'output')
      ? pipe(
          read(t.type({ instruction: Text, instances: t.array(Instance) }))(row),
          E.chain((r) => {
            const [first] = r.instances
            return first === undefined
              ? E.left('field instances is empty')
              : E.right({ prompt: instructed(r.instruction, first.input), response: textOf(first.output) })
          }),
        )
      : pipe(
          read(
            t.intersection([
              t.type({ instruction: Text }),
              t.partial({ input: optional(Text), output: optional(Text) }),
            ]),
          )(row),
          E.map((r) => ({ prompt: instructed(r.instruction, r.input), response: textOf(r.output) })),
        ),
}

/** The form `{[ask]: text, [answer]: text}`; a row without an answer is a prompt without a response. */
const pair = (ask: string, answers: ReadonlyArray<string>): Form => ({
  fields: [ask, ...answers],
  claims: (_, has) => has(ask),
  turn: (row) => {
    const answer = answers.find((name) => row[name] !== undefined && row[name] !== null)
    return pipe(
      read(t.type({ [ask]: t.union([Text, Messages], 'text') }))(row),
      E.chain((decoded): E.Either<string, Turned> => {
        const asked = decoded[ask]
        if (asked === undefined) return E.left(`field ${ask} is missing`)
        const prompt: Prompt =
          typeof asked === 'string' ? { kind: 'text', text: asked } : { kind: 'messages', messages: asked }
        return answer === undefined
          ? E.right({ prompt, response: textOf('') })
          : pipe(
              read(t.type({ [answer]: Text }))(row),
              E.map((r) => ({ prompt, response: textOf(r[answer]) })),
            )
      }),
    )
  },
})

const forms: ReadonlyArray<Form> = [
  tokens,
  messages,
  preference,
  pair('prompt', ['response', 'completion', 'chosen']),
  instruction,
  pair('question', ['answer']),
  pair('goal', ['target']),
]

const shownFields = (row: Fields): string => {
  const names = Object.keys(row)
  return names.length === 0
    ? 'none'
    : `${names.slice(0, 12).join(', ')}${names.length > 12 ? ` and ${names.length - 12} more` : ''}`
}

/**
 * Decodes a row by the first form that claims it. A null counts as an absent field, since in tables (Parquet) every row has all
 * columns. Where a row has only nulls, the form that they would have reports what is wrong.
 *
 * @returns the row's prompt and response, and the fields that its form consumed; left: what is wrong with the row
 */
export const turnRow = (row: Fields): E.Either<string, Turned & { readonly used: ReadonlyArray<string> }> => {
  const form =
    forms.find(({ claims }) => claims(row, (name) => isThere(row, name))) ??
    forms.find(({ claims }) => claims(row, (name) => row[name] !== undefined))
  return form === undefined
    ? E.left(
        `has none of the known forms {prompt, response}, {prompt, completion}, {messages}, {instruction, input, output}, {question, answer}, {goal, target}, {chosen, rejected}, {promptTokens, responseTokens}: its fields are ${shownFields(row)} (rename those that mean the same)`,
      )
    : pipe(
        form.turn(row),
        E.map((turned) => ({ ...turned, used: form.fields })),
      )
}
