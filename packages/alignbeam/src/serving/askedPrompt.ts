/** The prompt of an ask as a model takes it. */
import { type Prompt, type Tokenizer, tokenPrompt } from '@safe/tensor-core/contracts'
import type { AskedPrompt } from './contract'

/** Text as it stands is encoded here, with no more before it than the tokenizer puts before any text. */
export const askedPrompt = (
  prompt: AskedPrompt,
  tokenizer: Pick<Tokenizer, 'encode' | 'prefixTokens' | 'bos'>,
): Prompt =>
  prompt.kind === 'raw'
    ? tokenPrompt([
        ...(tokenizer.prefixTokens ?? (tokenizer.bos === undefined ? [] : [tokenizer.bos])),
        ...tokenizer.encode(prompt.text),
      ])
    : prompt
