/**
 * Chat templates in Jinja, with the variables and functions that transformers provides: the messages, `add_generation_prompt`, the
 * special tokens by name, `raise_exception` and `strftime_now`. Their time and output are limited (`boundedTemplate.ts`).
 */
import * as E from 'fp-ts/Either'
import { type FormatError, type Message, causeLine } from '../contracts'
import { damaged } from '../files'
import { boundedTemplate } from './boundedTemplate'

// model ------------------------------------------------------------------------------------------

export interface TemplateInput {
  readonly messages: ReadonlyArray<Message>
  readonly addGenerationPrompt: boolean
}

/** Renders a conversation. Throws where the template does (`raise_exception`); callers catch and report it. */
export type ChatTemplate = (input: TemplateInput) => string

// contents ---------------------------------------------------------------------------------------

type Content = string | ReadonlyArray<{ readonly type: 'text'; readonly text: string }>

/** A text as the one part of a content: the form that some templates (Llama Guard 3 1B's) loop over. */
const asParts = (text: string): Content => [{ type: 'text', text }]

/** Whether some content of a rendering is lost. */
const loses = (
  messages: ReadonlyArray<Message>,
  render: (messages: ReadonlyArray<Message>) => string,
): boolean => {
  const marked = messages.map(({ role }, i) => ({ role, content: `content${i}` }))
  try {
    const text = render(marked)
    return marked.some(({ role, content }) => role !== 'system' && !text.includes(content))
  } catch {
    return true
  }
}

// constructors -----------------------------------------------------------------------------------

/**
 * Compiles a chat template. A template that shows no content given as text, but shows content given as parts, is given parts.
 *
 * @param where the template's file, for messages
 */
export const compileTemplate = (
  where: string,
  source: string,
  specialTokens: Readonly<Record<string, string>>,
): E.Either<FormatError, ChatTemplate> =>
  E.tryCatch(
    () => {
      const render = boundedTemplate(source)
      const rendered =
        (contentOf: (text: string) => Content, addGenerationPrompt: boolean) =>
        (messages: ReadonlyArray<Message>): string =>
          render(
            {
              ...specialTokens,
              messages: messages.map(({ role, content }) => ({ role, content: contentOf(content) })),
              add_generation_prompt: addGenerationPrompt,
              tools: null,
              documents: null,
            },
            messages.reduce((sum, { content }) => sum + content.length, 0),
          )
      const mayTakeParts = /\btype\b/.test(source)
      return ({ messages, addGenerationPrompt }) => {
        const plain = rendered((text) => text, addGenerationPrompt)
        const inParts = rendered(asParts, addGenerationPrompt)
        return (mayTakeParts && loses(messages, plain) && !loses(messages, inParts) ? inParts : plain)(
          messages,
        )
      }
    },
    (cause) => damaged(where, `the chat template cannot be read (${causeLine(cause)})`),
  )
