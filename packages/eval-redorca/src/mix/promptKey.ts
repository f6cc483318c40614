/**
 * The key by which two prompts are the same: NFKC, lower case, runs of blanks as one. Punctuation and accents count, so that only
 * prompts which are equal but for spelling variants of the same characters meet.
 */
import type { Message, Prompt } from '@safe/tensor-core/contracts'

/**
 * A text in the form in which prompts are compared. Lower case can undo NFKC, so it is applied again.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { normalisedPrompt } from '@safe/eval-redorca'
 *
 * assert.strictEqual(normalisedPrompt('  How do\tI BAKE? '), 'how do i bake?')
 * assert.notStrictEqual(normalisedPrompt('How do I bake'), normalisedPrompt('How do I bake?'))
 * ```
 */
export const normalisedPrompt = (text: string): string =>
  text.normalize('NFKC').toLowerCase().normalize('NFKC').replace(/\s+/gu, ' ').trim()

const userTurns = (messages: ReadonlyArray<Message>): ReadonlyArray<string> =>
  messages.flatMap(({ role, content }) => (role === 'user' ? [content] : []))

/** The key of a prompt: all user turns of a conversation together, so one of a single turn meets the same text alone. */
export const promptKey = (prompt: Prompt): string =>
  prompt.kind === 'text'
    ? normalisedPrompt(prompt.text)
    : prompt.kind === 'messages'
      ? userTurns(prompt.messages).map(normalisedPrompt).join('\n')
      : `tokens ${prompt.tokens.join(' ')}`
