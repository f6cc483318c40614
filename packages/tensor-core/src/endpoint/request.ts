/** What is asked of a server, and the bodies of `/chat/completions` and `/completions` that ask it. */
import type { Message } from '../contracts'
import { canonicalJson } from '../files'
import { createHash } from 'node:crypto'
import { type EndpointAddress, addressText } from './address'

// model ------------------------------------------------------------------------------------------

/** How tokens are chosen. */
export interface Sampling {
  /** Longest reply, tokens. */
  readonly maxTokens: number
  /** Default 0: the most probable token. */
  readonly temperature?: number
  readonly seed?: number
  /** Smallest set of most probable tokens that reaches this mass; default: the server's own. */
  readonly topP?: number
  /**
   * What not all servers take, for those that have other defaults than none: repetition penalty (over prompt and reply; 1 is none),
   * the k most probable tokens (0 is all), and the smallest probability as a share of the largest. Servers that know none of them may
   * ignore them silently.
   */
  readonly shaping?: {
    readonly repetitionPenalty: number
    readonly topK: number
    readonly minP: number
  }
  /** Asks for ids in place of token texts, which vLLM gives; others ignore it. */
  readonly tokenIds?: boolean
  /**
   * Asks for log-probabilities: of the chosen tokens, and of this many most probable ones at each position (servers allow up to 20, or
   * 5 for completions). Default: none.
   */
  readonly topLogProbs?: number
  /** The reply ends before the first of these. */
  readonly stop?: ReadonlyArray<string>
  /** Fields of this server's own, sent as they are; the reply then has the server's `answer`, where it tells more than others. */
  readonly extension?: Readonly<Record<string, unknown>>
}

/** A conversation to be answered; the server's own chat template is applied. */
export interface ChatRequest extends Sampling {
  readonly messages: ReadonlyArray<Message>
  /** The last message is the assistant's and is continued: vLLM, SGLang, llama.cpp. */
  readonly continues?: boolean
}

/** A text to be continued, as it stands. */
export interface CompletionRequest extends Sampling {
  /** Text, or ids of the server's vocabulary, to which it adds nothing. */
  readonly prompt: string | ReadonlyArray<number>
  /** False where the text has its special tokens already, so that the server puts none before it: vLLM; others ignore it. */
  readonly addSpecialTokens?: boolean
}

/** A request as it is sent. */
export interface Outgoing {
  readonly path: '/chat/completions' | '/completions'
  readonly body: Readonly<Record<string, unknown>>
}

// bodies -----------------------------------------------------------------------------------------

/** llama.cpp looks at the last 64 tokens unless told otherwise, and reserves memory for as many as it is told. */
const penaltyWindow = 8192

/** vLLM and SGLang call it repetition penalty, llama.cpp repeat penalty. */
const shapingOf = ({ repetitionPenalty, topK, minP }: NonNullable<Sampling['shaping']>) => ({
  ...(repetitionPenalty === 1
    ? {}
    : {
        repetition_penalty: repetitionPenalty,
        repeat_penalty: repetitionPenalty,
        repeat_last_n: penaltyWindow,
      }),
  top_k: topK === 0 ? -1 : topK,
  min_p: minP,
})

const samplingOf = ({
  maxTokens,
  temperature,
  seed,
  topP,
  shaping,
  tokenIds,
  stop,
}: Sampling): Outgoing['body'] => ({
  max_tokens: maxTokens,
  temperature: temperature ?? 0,
  ...(seed === undefined ? {} : { seed }),
  ...(topP === undefined ? {} : { top_p: topP }),
  ...(shaping === undefined ? {} : shapingOf(shaping)),
  ...(tokenIds === true ? { return_tokens_as_token_ids: true } : {}),
  ...(stop === undefined || stop.length === 0 ? {} : { stop }),
})

/** The request of a conversation. */
export const chatOutgoing = (model: string, request: ChatRequest): Outgoing => ({
  path: '/chat/completions',
  body: {
    ...request.extension,
    model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
    ...(request.continues === true ? { continue_final_message: true, add_generation_prompt: false } : {}),
    ...samplingOf(request),
    ...(request.topLogProbs === undefined ? {} : { logprobs: true, top_logprobs: request.topLogProbs }),
  },
})

/** The request of a text. */
export const completionOutgoing = (model: string, request: CompletionRequest): Outgoing => ({
  path: '/completions',
  body: {
    ...request.extension,
    model,
    prompt: request.prompt,
    ...(request.addSpecialTokens === undefined ? {} : { add_special_tokens: request.addSpecialTokens }),
    ...samplingOf(request),
    ...(request.topLogProbs === undefined ? {} : { logprobs: request.topLogProbs }),
  },
})

// identity ---------------------------------------------------------------------------------------

/** Whether one reply may stand for all: not where every request is to draw anew. */
export const isRepeatable = ({ body }: Outgoing): boolean => body['temperature'] === 0 || 'seed' in body

/** To be raised when requests or replies change their meaning: replies kept under the old one are not found any more. */
const cacheVersion = 1

/** The name of a request in the cache: a hash of everything that decides the reply. The key is no part of it. */
export const requestKey = (address: EndpointAddress, { path, body }: Outgoing): string =>
  createHash('sha256')
    .update(canonicalJson({ cacheVersion, address: addressText(address), path, body }))
    .digest('hex')
