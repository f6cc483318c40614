/**
 * Chat templates in Jinja, with what transformers puts at their disposal: the messages, `add_generation_prompt`, the special
 * tokens by name, `raise_exception` and `strftime_now`.
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

// time -------------------------------------------------------------------------------------------

const two = (n: number): string => String(n).padStart(2, '0')
const name = (d: Date, options: Intl.DateTimeFormatOptions): string => d.toLocaleString('en-US', options)

const fields: ReadonlyMap<string, (d: Date) => string> = new Map([
  ['d', (d: Date) => two(d.getDate())],
  ['m', (d: Date) => two(d.getMonth() + 1)],
  ['Y', (d: Date) => String(d.getFullYear())],
  ['y', (d: Date) => two(d.getFullYear() % 100)],
  ['b', (d: Date) => name(d, { month: 'short' })],
  ['B', (d: Date) => name(d, { month: 'long' })],
  ['a', (d: Date) => name(d, { weekday: 'short' })],
  ['A', (d: Date) => name(d, { weekday: 'long' })],
  ['H', (d: Date) => two(d.getHours())],
  ['I', (d: Date) => two(d.getHours() % 12 === 0 ? 12 : d.getHours() % 12)],
  ['p', (d: Date) => (d.getHours() < 12 ? 'AM' : 'PM')],
  ['M', (d: Date) => two(d.getMinutes())],
  ['S', (d: Date) => two(d.getSeconds())],
  ['%', () => '%'],
])

/** Python's `datetime.strftime`, the fields templates use. */
export const strftime = (format: string, now: Date): string =>
  format.replace(/%-?([a-zA-Z%])/g, (whole, letter: string) => {
    const text = fields.get(letter)?.(now) ?? whole
    return whole.startsWith('%-') ? text.replace(/^0+(?=\d)/, '') : text
  })

// constructors -----------------------------------------------------------------------------------

const raise = (message: unknown): never => {
  throw new Error(String(message))
}

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
          raise_exception: raise,
          strftime_now: (format: unknown) => strftime(String(format), new Date()),
        })
    },
    (cause) => damaged(where, `the chat template cannot be read (${causeLine(cause)})`),
  )
