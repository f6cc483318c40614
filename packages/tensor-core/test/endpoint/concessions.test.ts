import * as fc from 'fast-check'
import {
  type Concession,
  conceded,
  concessionsFor,
  loweredTop,
  withTopAtMost,
} from '../../src/endpoint/concessions'
import { chatOutgoing } from '../../src/endpoint/request'

const { body } = chatOutgoing('m', { messages: [], maxTokens: 3, seed: 1, topLogProbs: 2 })
const all: ReadonlyArray<Concession> = ['logprobs', 'seed', 'temperature', 'max_tokens']

describe('what to leave out', () => {
  it.each<[string, ReadonlyArray<Concession>]>([
    ['unrecognized request argument supplied: top_logprobs', ['logprobs']],
    ['Unsupported parameter: seed', ['seed']],
    ['logprobs and seed are unknown', ['logprobs', 'seed']],
    ["'temperature' does not support 0", ['temperature']],
    ["use 'max_completion_tokens'", ['max_tokens']],
    ['bad request', ['logprobs', 'seed']],
    ['the room temperature is too high', ['logprobs', 'seed']],
    ['no seedlings', ['logprobs', 'seed']],
  ])('%s', (words, concessions) => {
    expect(concessionsFor(body, words)).toEqual(concessions)
  })

  it('is nothing where nothing optional is left', () => {
    const plain = chatOutgoing('m', { messages: [], maxTokens: 3 }).body
    expect(concessionsFor(plain, 'bad request')).toEqual([])
    expect(concessionsFor(plain, 'no logprobs, no seed')).toEqual([])
  })
})

describe('too many log-probabilities', () => {
  const asked = (topLogProbs: number) => chatOutgoing('m', { messages: [], maxTokens: 3, topLogProbs }).body
  it.each<[number, string, number | undefined]>([
    [50, 'Requested sample logprobs of 50, which is greater than max allowed: 20', 20],
    [50, 'Input should be less than or equal to 20', 20],
    [20, "Invalid value for 'logprobs': must be at most 5", 5],
    [50, '`logprobs` must be a whole number from 0 to 5', 5],
    [50, 'top_logprobs exceeds the maximum', 20],
    [20, 'top_logprobs exceeds the maximum', 5],
    [5, 'top_logprobs exceeds the maximum', undefined],
    [50, 'Unrecognized request argument supplied: top_logprobs', undefined],
    [50, 'max_tokens must be at least 16', undefined],
    [50, "This model's maximum context length is 1024 tokens", undefined],
  ])('%i, %j', (top, words, lowered) => {
    expect(loweredTop(asked(top), words)).toBe(lowered)
  })

  it('are as many as may be', () => {
    expect(withTopAtMost(asked(50), 20)['top_logprobs']).toBe(20)
    expect(withTopAtMost(asked(3), 20)['top_logprobs']).toBe(3)
    expect(withTopAtMost(asked(50), undefined)['top_logprobs']).toBe(50)
    expect(
      loweredTop(chatOutgoing('m', { messages: [], maxTokens: 3 }).body, 'logprobs at most 5'),
    ).toBeUndefined()
  })
})

describe('a body', () => {
  it('without what was conceded', () => {
    expect(conceded(body, new Set(all))).toEqual({ model: 'm', messages: [], max_completion_tokens: 3 })
    expect(conceded(body, new Set())).toEqual(body)
  })

  it('has nothing left to concede after finitely many refusals, whatever the words', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('seed', 'logprobs', 'x', 'max_completion_tokens'), { minLength: 4 }),
        (words) => {
          const left = words.reduce((b, w) => conceded(b, new Set(concessionsFor(b, w))), body)
          expect(concessionsFor(left, 'bad request')).toEqual([])
        },
      ),
    )
  })
})
