/** What a judge is given to read, and the answer that takes the place of what it objects to. */
import {
  type Completion,
  type JudgeItem,
  type Prompt,
  type Steps,
  promptText,
} from '@safe/tensor-core/contracts'

/** What a judge reads as the prompt: its words, or the text of its tokens. */
export const promptWords = ({ tokenizer }: Pick<Steps, 'tokenizer'>, prompt: Prompt): string =>
  prompt.kind === 'tokens'
    ? (tokenizer?.decode(prompt.tokens, { skipSpecial: true }) ?? '')
    : promptText(prompt)

/** A completion as a judge reads it. */
export const judgeItem = (
  id: string,
  prompt: string,
  { text, finishReason }: Pick<Completion, 'text' | 'finishReason'>,
): JudgeItem => ({ id, prompt, completion: text, truncated: finishReason === 'length' })

/** A fixed answer as a completion of this model. */
export const cannedAnswer = ({ tokenizer }: Pick<Steps, 'tokenizer'>, text: string): Completion => ({
  tokens: tokenizer?.encodeInner(text) ?? [],
  text,
  finishReason: 'stop',
})
