/** The requests to a model that generates, and its completions. */
import type { Prompt } from './data'
import type { JudgeError, LmError } from './errors'

// model ------------------------------------------------------------------------------------------

/**
 * How new tokens are chosen, the same for all rows. Processors act in this order: repetition penalty, temperature, top-k,
 * top-p.
 */
export interface GenerationOptions {
  /** Longest completion, tokens; a row's own limit takes precedence. */
  readonly maxNewTokens: number
  /** 0 is greedy. */
  readonly temperature: number
  /** Keep the smallest set of most probable tokens that reaches this mass; 1 keeps all. */
  readonly topP: number
  /** Keep the k most probable tokens; 0 keeps all. */
  readonly topK: number
  /** Over prompt and completion, as in transformers; 1 is none. */
  readonly repetitionPenalty: number
  /** The completion ends before the first of these. */
  readonly stop: ReadonlyArray<string>
  readonly seed: number
  /** Log-probabilities of this many most probable tokens per step, in addition to the chosen token's. */
  readonly logProbs?: number
}

/** Settings of one row. */
export interface RowRequest {
  /** Longest completion of this row, tokens; default: that of the options. */
  readonly maxNewTokens?: number
  /**
   * The random stream that this row draws from; default: its position among the rows. Draws depend on the seed and the stream
   * only, not on what else is in the batch.
   */
  readonly stream?: number
}

/** A prompt to be completed. */
export interface GenerationRequest extends RowRequest {
  readonly prompt: Prompt
}

/** A token with its natural log-probability under the model itself: before penalty, temperature, top-k and top-p. */
export interface TokenLogProb {
  readonly id: number
  readonly logProb: number
}

/** A model's completion of one prompt. */
export interface Completion {
  /** Ids generated, without the stop token. */
  readonly tokens: ReadonlyArray<number>
  readonly text: string
  /** `stop`: a stop token or stop string ended it; `length`: the limit did. */
  readonly finishReason: 'stop' | 'length'
  readonly logProbs?: ReadonlyArray<{
    readonly chosen: TokenLogProb
    readonly top: ReadonlyArray<TokenLogProb>
  }>
}

/** How generation can fail: in the model, or in a judge that chooses among its completions. */
export type GenerationError = LmError | JudgeError

// constructors -----------------------------------------------------------------------------------

/** Greedy decoding of at most `maxNewTokens` tokens. */
export const greedy = (maxNewTokens: number): GenerationOptions => ({
  maxNewTokens,
  temperature: 0,
  topP: 1,
  topK: 0,
  repetitionPenalty: 1,
  stop: [],
  seed: 42,
})

/**
 * Requests for these prompts, with the default limit and random stream of each.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { requestsOf, textPrompt } from '@safe/tensor-core/contracts'
 *
 * const [first, second] = requestsOf(['who are you ?', 'where is the bridge ?'].map(textPrompt))
 * assert.deepEqual(first, { prompt: { kind: 'text', text: 'who are you ?' } })
 * // A row may have its own limit and random stream.
 * console.log([first, { ...second, maxNewTokens: 8, stream: 1 }])
 * ```
 */
export const requestsOf = (prompts: ReadonlyArray<Prompt>): ReadonlyArray<GenerationRequest> =>
  prompts.map((prompt) => ({ prompt }))
