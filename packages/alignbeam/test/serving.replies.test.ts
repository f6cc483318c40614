import { badInput, failure } from '@safe/tensor-core/contracts'
import fc from 'fast-check'
import { type ChoiceState, afterReply, noText, usageOf } from '../src/serving/http/choiceState'
import type { ToldToken } from '../src/serving/contract'
import { chatLogProbs, completionLogProbs } from '../src/serving/http/logProbs'
import { problemOf } from '../src/serving/http/problem'
import { routeOf } from '../src/serving/http/route'
import { fakeEngine } from './fixtures/fakeEngine'
import { chat, closeServers, post, startServer } from './fixtures/httpServer'

afterAll(closeServers)

const token = (text: string, bytes: ReadonlyArray<number>, logProb = -1): ToldToken => ({
  text,
  by: 'draft',
  logProb: { text, bytes, logProb },
  top: [{ text, bytes, logProb }],
})
const whole = (text: string): ToldToken => token(text, [...Buffer.from(text)])
const done = (promptTokens: number, cachedTokens: number, completionTokens: number): ChoiceState => ({
  ...noText,
  done: {
    kind: 'done',
    finishReason: 'stop',
    usage: { promptTokens, cachedTokens, completionTokens },
    account: {
      chosen: null,
      beams: [],
      telemetry: { steps: 0, mappedMass: 0, support: 0, fallbacks: 0, agreement: 0 },
    },
  },
})

describe('log-probabilities', () => {
  /** A face of four bytes in two tokens, between two whole ones. */
  const tokens = [
    whole('é '),
    token('\ufffd', [0xf0, 0x9f]),
    token('\ufffd', [0x98, 0x80], -Infinity),
    whole('b'),
  ]

  it('of completions have offsets in characters, and names by bytes for parts of one', () => {
    expect(completionLogProbs(tokens, 10, 1)).toEqual({
      tokens: ['é ', 'bytes:\\xf0\\x9f', 'bytes:\\x98\\x80', 'b'],
      token_logprobs: [-1, -1, -9999, -1],
      top_logprobs: [{ 'é ': -1 }, { 'bytes:\\xf0\\x9f': -1 }, { 'bytes:\\x98\\x80': -9999 }, { b: -1 }],
      text_offset: [10, 12, 13, 13],
    })
    expect(completionLogProbs(tokens, 0, 0).top_logprobs).toBeNull()
  })

  it('of completions point into the text, however it was cut into tokens', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme', minLength: 1 }), { minLength: 1 }), (texts) => {
        const { text_offset } = completionLogProbs(texts.map(whole), 0, 0)
        const characters = Array.from(texts.join(''))
        texts.forEach((text, i) =>
          expect(
            characters.slice(text_offset[i], (text_offset[i] ?? 0) + Array.from(text).length).join(''),
          ).toBe(text),
        )
      }),
    )
  })

  it('of chats have exact bytes', () => {
    expect(chatLogProbs(tokens).content.map(({ bytes }) => bytes)).toEqual([
      [0xc3, 0xa9, 0x20],
      [0xf0, 0x9f],
      [0x98, 0x80],
      [0x62],
    ])
  })
})

describe('usage', () => {
  it('counts a prompt once, and its cached tokens as the first choice found them', () => {
    expect(usageOf([done(5, 0, 2), done(5, 4, 3), done(9, 8, 1), done(9, 3, 1)], 2)).toEqual({
      prompt_tokens: 14,
      completion_tokens: 7,
      total_tokens: 21,
      prompt_tokens_details: { cached_tokens: 3 },
    })
  })
})

describe('the state of a choice', () => {
  it('keeps tokens only where they are needed', () => {
    const reply = { kind: 'text', text: 'ab', tokens: [whole('a'), whole('b')] } as const
    expect(afterReply(false)(noText, reply)).toEqual({
      text: 'ab',
      tokens: [],
      characters: 2,
      done: undefined,
    })
    expect(afterReply(true)(noText, reply).tokens).toEqual(reply.tokens)
  })
})

describe('faults of an engine', () => {
  it('become statuses, without the places they name', () => {
    const details = { where: '/models/x', field: 'bridgeTokens', remedy: 'lower `bridgeTokens`' }
    expect(problemOf(badInput('BadOption', 'must be at most 8', details))).toMatchObject({
      status: 400,
      param: 'bridge_tokens',
      message: '`bridge_tokens` must be at most 8; lower `bridge_tokens`',
      code: 'invalid_value',
    })
    expect(problemOf(badInput('BadRow', 'exceeds the context length of 512')).code).toBe(
      'context_length_exceeded',
    )
    expect(problemOf(failure('OutOfMemory', 'no memory', details))).toMatchObject({
      status: 502,
      param: null,
    })
  })
})

describe('routes', () => {
  it('never show a path as it was sent', () => {
    expect(routeOf('/v1/models?key=1')).toBe('/v1/models')
    expect(routeOf('/v1/models/a/b')).toBe('/v1/models/:id')
    expect(routeOf('/constructor')).toBe('other')
    expect(routeOf('/secret')).toBe('other')
  })
})

describe('a stream', () => {
  it('joined is the answer in one piece, however the engine cuts its text', async () => {
    const state: { texts: ReadonlyArray<string> } = { texts: [] }
    const server = await startServer(fakeEngine(() => ({ texts: state.texts })))
    interface Chunk {
      readonly choices: ReadonlyArray<{
        readonly index: number
        readonly delta: { readonly content?: string }
      }>
    }
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 8 }),
        fc.integer({ min: 1, max: 3 }),
        async (texts, n) => {
          state.texts = texts
          const one = (await (await post(server, '/v1/chat/completions', chat('x', { n }))).json()) as {
            readonly choices: ReadonlyArray<{ readonly message: { readonly content: string } }>
          }
          const events = await (
            await post(server, '/v1/chat/completions', chat('x', { n, stream: true }))
          ).text()
          const data = events
            .split('\n\n')
            .filter((event) => event !== '')
            .map((event) => event.slice('data: '.length))
          expect(data.at(-1)).toBe('[DONE]')
          const chunks = data.slice(0, -1).map((json) => JSON.parse(json) as Chunk)
          const joined = Array.from({ length: n }, (_, index) =>
            chunks
              .flatMap(({ choices }) => choices)
              .filter((choice) => choice.index === index)
              .map(({ delta }) => delta.content ?? '')
              .join(''),
          )
          expect(joined).toEqual(one.choices.map(({ message }) => message.content))
          expect(joined[0]).toBe(texts.join(''))
        },
      ),
      { numRuns: 40 },
    )
  })
})
