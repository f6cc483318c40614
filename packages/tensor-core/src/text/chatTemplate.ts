/**
 * Chat templates in Jinja, with what transformers puts at their disposal: the messages, `add_generation_prompt` and the special
 * tokens by name; `raise_exception`, `strftime_now` and generation blocks come with `@huggingface/jinja`.
 */
import { Template } from '@huggingface/jinja'
import * as E from 'fp-ts/Either'
import { type FormatError, type Message, causeLine } from '../contracts'
import { damaged } from '../formats'

// model ------------------------------------------------------------------------------------------

export interface TemplateInput {
  readonly messages: ReadonlyArray<Message>
  readonly addGenerationPrompt: boolean
}

/** Throws where the template does (`raise_exception`): callers catch and say so. */
export type ChatTemplate = (input: TemplateInput) => string

// constructors -----------------------------------------------------------------------------------

/** @param where the template's file, for messages */
export const compileTemplate = (
  where: string,
  source: string,
  specialTokens: Readonly<Record<string, string>>,
): E.Either<FormatError, ChatTemplate> =>
  E.tryCatch(
    () => {
      const template = new Template(source)
      return ({ messages, addGenerationPrompt }) =>
        template.render({
          ...specialTokens,
          messages: messages.map(({ role, content }) => ({ role, content })),
          add_generation_prompt: addGenerationPrompt,
          tools: null,
          documents: null,
        })
    },
    (cause) => damaged(where, `the chat template cannot be read (${causeLine(cause)})`),
  )
