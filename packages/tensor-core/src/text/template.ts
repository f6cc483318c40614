/** Templates that turn a prompt into text: the tokenizer's chat template, `Q: A:`, none, or a Jinja file. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type FormatError,
  type InputError,
  type Message,
  type Prompt,
  badInput,
  causeLine,
} from '../contracts'
import { readText } from '../files'
import { type ChatTemplate, compileTemplate } from './chatTemplate'
import type { TextTokenizer } from './tokenizer'

// model ------------------------------------------------------------------------------------------

export type TextPrompt = Exclude<Prompt, { readonly kind: 'tokens' }>

/** Turns a prompt into the text before the response. */
export interface PromptTemplate {
  /** `chat`, `qa`, `none` or the file's name, for the record of a run. */
  readonly name: string
  /** The text that the response follows. */
  readonly render: (prompt: TextPrompt) => E.Either<InputError, string>
  /** Whether the tokenizer's begin-of-sequence token is put before the text; chat templates write it themselves. */
  readonly prefixed: boolean
}

// templates --------------------------------------------------------------------------------------

const messagesOf = (prompt: TextPrompt): ReadonlyArray<Message> =>
  prompt.kind === 'text' ? [{ role: 'user', content: prompt.text }] : prompt.messages

const ofMessages = (name: string, template: ChatTemplate): PromptTemplate => ({
  name,
  prefixed: false,
  render: (prompt) =>
    E.tryCatch(
      () => template({ messages: messagesOf(prompt), addGenerationPrompt: true }),
      (cause) =>
        badInput('BadRow', `the chat template refuses the prompt (${causeLine(cause)})`, {
          remedy: 'use another template',
        }),
    ),
})

const qaTurn = ({ role, content }: Message): string =>
  role === 'user'
    ? `Q:${content}
A:`
    : `${content}
`

/** `Q:{prompt}\nA:`, after earlier turns in the same form; system turns are unchanged. */
export const qaTemplate: PromptTemplate = {
  name: 'qa',
  prefixed: true,
  render: (prompt) => E.right(messagesOf(prompt).map(qaTurn).join('')),
}

/** The prompt unchanged; the turns of a conversation are concatenated. */
export const noTemplate: PromptTemplate = {
  name: 'none',
  prefixed: true,
  render: (prompt) =>
    E.right(
      messagesOf(prompt)
        .map(({ content }) => content)
        .join(''),
    ),
}

// choosing ---------------------------------------------------------------------------------------

const chatOf = (tokenizer: TextTokenizer | undefined): PromptTemplate | undefined => {
  const chat = tokenizer?.chat
  return chat === undefined
    ? undefined
    : ofMessages('chat', ({ messages, addGenerationPrompt }) => chat(messages, { addGenerationPrompt }))
}

/**
 * The template of a name: `chat`, `qa`, `none` or a Jinja file. By default it is `chat` where the tokenizer has a template, else
 * `qa`.
 *
 * @returns left `BadOption` (field `template`) for `chat` where the tokenizer has none; else a file that cannot be read
 */
export const chooseTemplate = (
  choice: string | undefined,
  tokenizer: TextTokenizer | undefined,
): TE.TaskEither<FormatError | InputError, PromptTemplate> => {
  const chat = chatOf(tokenizer)
  switch (choice) {
    case undefined:
      return TE.right(chat ?? qaTemplate)
    case 'qa':
      return TE.right(qaTemplate)
    case 'none':
      return TE.right(noTemplate)
    case 'chat':
      return chat === undefined
        ? TE.left(
            badInput('BadOption', 'must not be chat: the tokenizer has no chat template', {
              field: 'template',
              remedy: 'give qa, none or a .jinja file',
            }),
          )
        : TE.right(chat)
    default:
      return pipe(
        readText(choice),
        TE.chainEitherK((source) => compileTemplate(choice, source, tokenizer?.specialTokens ?? {})),
        TE.map((template) => ofMessages(choice, template)),
      )
  }
}
