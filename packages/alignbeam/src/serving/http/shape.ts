/** How a choice looks in OpenAI's two APIs, whole and in the chunks of a stream. */
import type { DoneReply, TextReply } from './choiceState'
import type { ToldToken } from '../contract'
import { chatLogProbs, completionLogProbs } from './logProbs'

// model ------------------------------------------------------------------------------------------

/** Part of a JSON body. */
export type Body = Readonly<Record<string, unknown>>

/** What differs between the two APIs. */
export interface Shape {
  readonly idPrefix: string
  readonly wholeObject: string
  readonly chunkObject: string
  /** The choice of its first chunk; undefined where there is none before the text. */
  readonly opening: Body | undefined
  /** The choice of a chunk with text. */
  readonly delta: (text: TextReply['text'], logProbs: Body | null) => Body
  /** The choice of its last chunk. */
  readonly closing: (reason: DoneReply['finishReason']) => Body
  /** The choice of a response in one piece. */
  readonly whole: (text: string, reason: DoneReply['finishReason'], logProbs: Body | null) => Body
  /** @param before characters of the choice before these tokens @param wanted top tokens per token */
  readonly logProbs: (tokens: ReadonlyArray<ToldToken>, before: number, wanted: number) => Body
}

// instances --------------------------------------------------------------------------------------

/** `/v1/chat/completions` */
export const chatShape: Shape = {
  idPrefix: 'chatcmpl-',
  wholeObject: 'chat.completion',
  chunkObject: 'chat.completion.chunk',
  opening: {
    delta: { role: 'assistant', content: '', refusal: null },
    logprobs: null,
    finish_reason: null,
  },
  delta: (text, logprobs) => ({ delta: { content: text }, logprobs, finish_reason: null }),
  closing: (reason) => ({ delta: {}, logprobs: null, finish_reason: reason }),
  whole: (text, reason, logprobs) => ({
    message: { role: 'assistant', content: text, refusal: null },
    logprobs,
    finish_reason: reason,
  }),
  logProbs: chatLogProbs,
}

/** `/v1/completions` */
export const completionShape: Shape = {
  idPrefix: 'cmpl-',
  wholeObject: 'text_completion',
  chunkObject: 'text_completion',
  opening: undefined,
  delta: (text, logprobs) => ({ text, logprobs, finish_reason: null }),
  closing: (reason) => ({ text: '', logprobs: null, finish_reason: reason }),
  whole: (text, reason, logprobs) => ({ text, logprobs, finish_reason: reason }),
  logProbs: completionLogProbs,
}
