/** Log-probabilities in the shapes of OpenAI's two APIs. */
import type { ToldLogProb, ToldToken } from '../contract'
import { charactersOf } from './choiceState'

// parts ------------------------------------------------------------------------------------------

/** JSON has no infinity; OpenAI says -9999 for what cannot be chosen. */
const least = -9999
const finite = (logProb: number): number => Math.max(least, logProb)

const chatToken = ({ text, bytes, logProb }: ToldLogProb) => ({
  token: text,
  logprob: finite(logProb),
  bytes: [...bytes],
})

const hex = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`
/** A token's name; the parts of a character all have the text U+FFFD, so their bytes tell them apart, as OpenAI writes it. */
const nameOf = ({ text, bytes }: ToldLogProb): string =>
  text.includes('\ufffd') && Buffer.from(text, 'utf8').compare(Uint8Array.from(bytes)) !== 0
    ? `bytes:${bytes.map(hex).join('')}`
    : text

// destructors ------------------------------------------------------------------------------------

/** `choices[].logprobs` of chat completions. */
export const chatLogProbs = (tokens: ReadonlyArray<ToldToken>) => ({
  content: tokens.flatMap(({ logProb, top }) =>
    logProb === undefined ? [] : [{ ...chatToken(logProb), top_logprobs: (top ?? []).map(chatToken) }],
  ),
  refusal: null,
})

/**
 * `choices[].logprobs` of completions. `text_offset` counts characters (code points) from the beginning of the completion.
 *
 * @param before characters of the choice before these tokens
 * @param wanted top tokens per token; 0 tells the chosen one alone
 */
export const completionLogProbs = (tokens: ReadonlyArray<ToldToken>, before: number, wanted: number) => {
  const told = tokens.flatMap((token) =>
    token.logProb === undefined ? [] : [{ logProb: token.logProb, top: token.top ?? [], token }],
  )
  let at = before
  const offsets = told.map(({ token }) => {
    const offset = at
    at += charactersOf(token)
    return offset
  })
  return {
    tokens: told.map(({ logProb }) => nameOf(logProb)),
    token_logprobs: told.map(({ logProb }) => finite(logProb.logProb)),
    top_logprobs:
      wanted === 0
        ? null
        : told.map(({ logProb, top }) =>
            Object.fromEntries([...top, logProb].map((one) => [nameOf(one), finite(one.logProb)] as const)),
          ),
    text_offset: offsets,
  }
}
