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

// constructors -----------------------------------------------------------------------------------

/** Compiles a chat template. @param where the template's file, for messages */
export const compileTemplate = (
  where: string,
  source: string,
  specialTokens: Readonly<Record<string, string>>,
): E.Either<FormatError, ChatTemplate> =>
  E.tryCatch(
    () => {
      const render = boundedTemplate(source)
      return ({ messages, addGenerationPrompt }) =>
        render(
          {
            ...specialTokens,
            messages: messages.map(({ role, content }) => ({ role, content })),
            add_generation_prompt: addGenerationPrompt,
            tools: null,
            documents: null,
          },
          messages.reduce((sum, { content }) => sum + content.length, 0),
        )
    },
    (cause) => damaged(where, `the chat template cannot be read (${causeLine(cause)})`),
  )
