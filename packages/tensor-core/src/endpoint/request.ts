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
}

/** A text to be continued, as it stands. */
export interface CompletionRequest extends Sampling {
  readonly prompt: string
}

/** A request as it is sent. */
export interface Outgoing {
  readonly path: '/chat/completions' | '/completions'
  readonly body: Readonly<Record<string, unknown>>
}

// bodies -----------------------------------------------------------------------------------------

const samplingOf = ({ maxTokens, temperature, seed, stop }: Sampling): Outgoing['body'] => ({
  max_tokens: maxTokens,
  temperature: temperature ?? 0,
  ...(seed === undefined ? {} : { seed }),
  ...(stop === undefined || stop.length === 0 ? {} : { stop }),
})

/** The request of a conversation. */
export const chatOutgoing = (model: string, request: ChatRequest): Outgoing => ({
  path: '/chat/completions',
  body: {
    ...request.extension,
    model,
    messages: request.messages.map(({ role, content }) => ({ role, content })),
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
