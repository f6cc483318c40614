/** What a request asks for, whichever of the two APIs it came by, and the fields that both have. */
import type { GenerationOptions } from '@safe/tensor-core/contracts'
import type { AskedPrompt, Dial } from '../contract'
import {
  anyWhole,
  field,
  maybe,
  numberIn,
  someText,
  stopStrings,
  wholeAbove,
  wholeIn,
  yesOrNo,
} from './fields'
import * as t from 'io-ts'
import type { RequestDefaults } from './serverOptions'

// model ------------------------------------------------------------------------------------------

/** A request, decoded and completed by the server's defaults. */
export interface Wanted {
  /** The id of the model, as the client named it. */
  readonly model: string
  /** Each is answered `choices` times. */
  readonly prompts: ReadonlyArray<AskedPrompt>
  readonly choices: number
  readonly dial: Dial
  readonly generation: GenerationOptions
  readonly stream: boolean
  /** Whether the stream ends with a chunk of usage. */
  readonly includeUsage: boolean
  /** Whether choices say how they came about. */
  readonly account: boolean
}

// limits -----------------------------------------------------------------------------------------

/** Choices per prompt, `n`. */
export const mostChoices = 8
/** Completions of one request: prompts times choices. */
export const mostCompletions = 128
/** Beams per completion; each is a row of the batch. */
export const mostBeams = 16

// codec ------------------------------------------------------------------------------------------

const streamOptions = t.type({ include_usage: maybe(yesOrNo) })

/** Fields that both APIs have, ours included. */
export const commonFields = {
  model: someText,
  max_tokens: maybe(wholeAbove(1)),
  temperature: maybe(numberIn(0, 2)),
  top_p: maybe(numberIn(0, 1)),
  n: maybe(wholeIn(1, mostChoices)),
  seed: maybe(anyWhole),
  stop: maybe(stopStrings),
  stream: maybe(yesOrNo),
  stream_options: maybe(streamOptions),
  alpha: maybe(numberIn(0, 1)),
  beams: maybe(wholeIn(1, mostBeams)),
  bridge_tokens: maybe(wholeAbove(1)),
  judge: maybe(yesOrNo),
  // -1 is vLLM's word for all.
  top_k: maybe(wholeAbove(-1)),
  repetition_penalty: maybe(
    field('a number above 0, at most 10', (u) => (typeof u === 'number' && u > 0 && u <= 10 ? u : undefined)),
  ),
  alignbeam: maybe(yesOrNo),
}
/** Values of `commonFields`. */
export type CommonFields = { readonly [K in keyof typeof commonFields]: t.TypeOf<(typeof commonFields)[K]> }

// constructors -----------------------------------------------------------------------------------

/** The request's own values over the server's. @param logProbs top tokens told per token; undefined tells none */
export const wantedOf = (
  defaults: RequestDefaults,
  fields: CommonFields,
  prompts: ReadonlyArray<AskedPrompt>,
  maxTokens: number | undefined,
  logProbs: number | undefined,
): Wanted => {
  const { dial, generation } = defaults
  return {
    model: fields.model,
    prompts,
    choices: fields.n ?? 1,
    dial: {
      alpha: fields.alpha ?? dial.alpha,
      beams: fields.beams ?? dial.beams,
      bridgeTokens: fields.bridge_tokens ?? dial.bridgeTokens,
      judge: fields.judge ?? dial.judge,
    },
    generation: {
      maxNewTokens: maxTokens ?? generation.maxNewTokens,
      temperature: fields.temperature ?? generation.temperature,
      topP: fields.top_p ?? generation.topP,
      topK: Math.max(0, fields.top_k ?? generation.topK),
      repetitionPenalty: fields.repetition_penalty ?? generation.repetitionPenalty,
      stop: fields.stop ?? generation.stop,
      seed: fields.seed ?? generation.seed,
      ...(logProbs === undefined ? {} : { logProbs }),
    },
    stream: fields.stream ?? false,
    includeUsage: fields.stream_options?.include_usage ?? false,
    account: fields.alignbeam ?? false,
  }
}
