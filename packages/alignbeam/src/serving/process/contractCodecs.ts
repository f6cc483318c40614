/** Codecs of what a server and its models say to each other (`../contract`), for a channel between two processes. */
import * as t from 'io-ts'
import type { Fault, GenerationOptions, Message } from '@safe/tensor-core/contracts'
import type {
  Account,
  Ask,
  AskedPrompt,
  Chooser,
  Dial,
  Gauges,
  Reply,
  ServedModels,
  ToldLogProb,
  ToldToken,
  Usage,
  Voice,
} from '../contract'
import { telemetryCodec } from '../../mixing/telemetryCodec'

const orNull = <C extends t.Mixed>(codec: C): t.UnionC<[C, t.NullC]> => t.union([codec, t.null])

// faults -----------------------------------------------------------------------------------------

export const faultCodec: t.Type<Fault> = t.intersection([
  t.type({
    _tag: t.string,
    kind: t.keyof({ input: null, failure: null, interrupted: null }),
    message: t.string,
  }),
  t.partial({ where: t.string, remedy: t.string, field: t.string }),
])

// asks -------------------------------------------------------------------------------------------

const voice: t.Type<Voice> = t.keyof({ mixed: null, draft: null, anchor: null })

const dial: t.Type<Dial> = t.type({
  alpha: t.number,
  beams: t.number,
  bridgeTokens: t.number,
  judge: t.boolean,
})

const message: t.Type<Message> = t.type({
  role: t.keyof({ system: null, user: null, assistant: null, tool: null }),
  content: t.string,
})

const prompt: t.Type<AskedPrompt> = t.union([
  t.type({ kind: t.literal('text'), text: t.string }),
  t.type({ kind: t.literal('messages'), messages: t.readonlyArray(message) }),
  t.type({ kind: t.literal('tokens'), tokens: t.readonlyArray(t.number) }),
  t.type({ kind: t.literal('raw'), text: t.string }),
])

const generation: t.Type<GenerationOptions> = t.intersection([
  t.type({
    maxNewTokens: t.number,
    temperature: t.number,
    topP: t.number,
    topK: t.number,
    repetitionPenalty: t.number,
    stop: t.readonlyArray(t.string),
    seed: t.number,
  }),
  t.partial({ logProbs: t.number }),
])

export const askCodec: t.Type<Ask> = t.type({
  id: t.string,
  voice,
  prompt,
  dial,
  generation,
  stream: t.number,
})

// replies ----------------------------------------------------------------------------------------

const chooser: t.Type<Chooser> = t.keyof({ draft: null, both: null, anchor: null })

const toldLogProb: t.Type<ToldLogProb> = t.type({
  text: t.string,
  bytes: t.readonlyArray(t.number),
  logProb: t.number,
})

const toldToken: t.Type<ToldToken> = t.intersection([
  t.type({ text: t.string, by: chooser }),
  t.partial({ logProb: toldLogProb, top: t.readonlyArray(toldLogProb) }),
])

const usage: t.Type<Usage> = t.type({
  promptTokens: t.number,
  cachedTokens: t.number,
  completionTokens: t.number,
})

const account: t.Type<Account> = t.type({
  chosen: orNull(t.number),
  beams: t.readonlyArray(t.type({ completion: t.string, verdict: orNull(t.number) })),
  telemetry: telemetryCodec,
})

export const replyCodec: t.Type<Reply> = t.union([
  t.type({ kind: t.literal('text'), text: t.string, tokens: t.readonlyArray(toldToken) }),
  t.type({
    kind: t.literal('done'),
    finishReason: t.keyof({ stop: null, length: null }),
    usage,
    account,
  }),
  t.type({ kind: t.literal('failed'), fault: faultCodec }),
])

// models -----------------------------------------------------------------------------------------

export const modelsCodec: t.Type<ServedModels> = t.type({
  draft: t.string,
  anchor: t.string,
  judge: orNull(t.string),
  contextLength: orNull(t.number),
})

export const gaugesCodec: t.Type<Gauges> = t.type({
  running: t.number,
  waiting: t.number,
  rows: t.number,
  steps: t.number,
  promptTokens: t.number,
  cachedTokens: t.number,
  decodedTokens: t.number,
})
