/** What is known of the choices of a request while replies arrive: a fold over replies. */
import type { Reply, ToldToken } from '../contract'

// model ------------------------------------------------------------------------------------------

/** A reply that is not a failure. */
export type Progress = Exclude<Reply, { readonly kind: 'failed' }>
/** More text. */
export type TextReply = Extract<Reply, { readonly kind: 'text' }>
/** The end of a choice. */
export type DoneReply = Extract<Reply, { readonly kind: 'done' }>

/** One choice so far. */
export interface ChoiceState {
  readonly text: string
  /** Kept only where the reply repeats them. */
  readonly tokens: ReadonlyArray<ToldToken>
  /** Characters (code points) that begin in the tokens so far; counted where their bytes are known. */
  readonly characters: number
  readonly done: DoneReply | undefined
}

/** OpenAI's account of tokens. */
export interface UsageBody {
  readonly prompt_tokens: number
  readonly completion_tokens: number
  readonly total_tokens: number
  readonly prompt_tokens_details: { readonly cached_tokens: number }
}

// constructors -----------------------------------------------------------------------------------

export const noText: ChoiceState = { text: '', tokens: [], characters: 0, done: undefined }

/** Bytes 10xxxxxx continue a character of UTF-8; all others begin one. */
const beginsCharacter = (byte: number): boolean => (byte & 0xc0) !== 0x80

/** Characters that begin in a token, by its exact bytes; 0 where they are not told. */
export const charactersOf = ({ logProb }: ToldToken): number =>
  logProb === undefined ? 0 : logProb.bytes.filter(beginsCharacter).length

/** @param keepTokens whether the tokens are needed at the end */
export const afterReply =
  (keepTokens: boolean) =>
  (state: ChoiceState, reply: Progress): ChoiceState =>
    reply.kind === 'done'
      ? { ...state, done: reply }
      : {
          text: state.text + reply.text,
          tokens: keepTokens ? [...state.tokens, ...reply.tokens] : state.tokens,
          characters: reply.tokens.reduce((n, token) => n + charactersOf(token), state.characters),
          done: undefined,
        }

// destructors ------------------------------------------------------------------------------------

/**
 * Tokens of a whole request. A prompt counts once, however many choices it has; of its choices, the one that found least in the
 * cache says how much had been computed before the request.
 */
export const usageOf = (states: ReadonlyArray<ChoiceState>, choices: number): UsageBody => {
  const usages = states.flatMap(({ done }) => (done === undefined ? [] : [done.usage]))
  const firsts = usages.filter((_, i) => i % choices === 0)
  const prompt = firsts.reduce((n, { promptTokens }) => n + promptTokens, 0)
  const completion = usages.reduce((n, { completionTokens }) => n + completionTokens, 0)
  const cached = firsts.reduce(
    (n, _, p) =>
      n + Math.min(...usages.slice(p * choices, (p + 1) * choices).map(({ cachedTokens }) => cachedTokens)),
    0,
  )
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: { cached_tokens: cached },
  }
}
