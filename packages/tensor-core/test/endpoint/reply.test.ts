import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { type Reply, firstTokenLogProbs } from '../../src/endpoint'
import { Reply as ReplyCodec, chatReply, completionReply } from '../../src/endpoint/reply'
import { serverWords } from '../../src/endpoint/serverWords'
import { chatBody, textBody } from './server'

interface Recording {
  readonly answers: ReadonlyArray<{ readonly status: number; readonly answer: unknown }>
}
/** What servers answered; each recording names its source. */
const recorded = JSON.parse(readFileSync(join(__dirname, 'recorded.json'), 'utf8')) as Record<
  'llamaCpp' | 'transformers',
  Recording
>
const answer = (server: keyof typeof recorded, n: number): unknown => recorded[server].answers[n]?.answer
const right = (e: E.Either<string, Reply>): Reply => {
  if (E.isLeft(e)) throw new Error(e.left)
  return e.right
}

describe('recorded answers', () => {
  it('of llama.cpp to a conversation', () => {
    const reply = right(chatReply(answer('llamaCpp', 0)))
    expect(reply).toMatchObject({ text: 'No.', finishReason: 'stop', servedModel: 'smollm2' })
    // The token that ended the reply is listed with empty text.
    expect(reply.logProbs?.map(({ token }) => token)).toEqual(['No', '.', ''])
    const first = firstTokenLogProbs(reply)
    expect([...(first?.keys() ?? [])]).toEqual(['No', 'The', 'I'])
    expect(first?.get('No')).toBeCloseTo(-1.0666, 4)
    expect(E.isRight(ReplyCodec.decode(JSON.parse(JSON.stringify(reply))))).toBe(true)
  })

  it('of llama.cpp to a text, with the log-probabilities in the shape of conversations', () => {
    const reply = right(completionReply(answer('llamaCpp', 1)))
    expect(reply).toMatchObject({ text: ' Paris.', finishReason: 'length' })
    expect(reply.logProbs?.map(({ token }) => token).join('')).toBe(reply.text)
    expect(reply.logProbs?.[0]?.top.map(({ token }) => token)).toEqual([' Paris', ' the', ' London'])
  })

  it('of llama.cpp to a text that is too long', () => {
    expect(recorded.llamaCpp.answers[2]?.status).toBe(400)
    expect(serverWords(JSON.stringify(answer('llamaCpp', 2)))).toBe(
      'request (3001 tokens) exceeds the available context size (1024 tokens), try increasing it',
    )
  })

  it('of transformers, which gives no log-probabilities', () => {
    expect(right(chatReply(answer('transformers', 0)))).toEqual({
      text: 'No, the sky',
      finishReason: 'length',
      servedModel: 'smollm2',
    })
    expect(right(completionReply(answer('transformers', 1)))).toMatchObject({
      text: ' Paris.',
      finishReason: 'length',
    })
  })
})

describe('replies', () => {
  it.each([
    ['stop', 'stop'],
    ['eos_token', 'stop'],
    ['length', 'length'],
    ['content_filter', 'filtered'],
    ['tool_calls', 'other'],
    [null, 'other'],
  ])('that ended by %s', (given, finishReason) => {
    expect(right(chatReply(chatBody('x', { finish_reason: given }))).finishReason).toBe(finishReason)
  })

  it('without text are empty, and a refusal is text', () => {
    expect(right(chatReply(chatBody('', { message: { content: null } }))).text).toBe('')
    expect(right(chatReply(chatBody('', { message: { content: null, refusal: 'I cannot' } }))).text).toBe(
      'I cannot',
    )
    expect(right(chatReply(chatBody('', { message: {} }))).text).toBe('')
  })

  it.each([
    [null],
    [{ content: null }],
    [{ content: [{ token: 'a', logprob: null }] }],
    [
      {
        content: [
          { token: 'a', logprob: -1 },
          { token: 'b', logprob: null },
        ],
      },
    ],
    [{ tokens: ['a', 'b'], token_logprobs: [-1] }],
  ])('with %j have no log-probabilities', (logprobs) => {
    expect(right(textReply(logprobs))).not.toHaveProperty('logProbs')
  })

  it('list the most probable first, without the impossible', () => {
    const top_logprobs = [
      { token: 'b', logprob: -2 },
      { token: 'c', logprob: null },
      { token: 'a', logprob: -1 },
    ]
    expect(right(textReply({ content: [{ token: 'b', logprob: -2, top_logprobs }] })).logProbs).toEqual([
      {
        token: 'b',
        logProb: -2,
        top: [
          { token: 'a', logProb: -1 },
          { token: 'b', logProb: -2 },
        ],
      },
    ])
    expect(right(textReply({ tokens: ['a'], token_logprobs: [-1], top_logprobs: [null] })).logProbs).toEqual([
      { token: 'a', logProb: -1, top: [] },
    ])
  })

  it('list ids and bytes where the server gives them, and ids spelled as texts', () => {
    const one = { token: 'é', logprob: -1, id: 7, bytes: [195, 169] }
    expect(
      right(textReply({ content: [{ ...one, top_logprobs: [{ ...one, bytes: null }] }] })).logProbs,
    ).toEqual([
      {
        token: 'é',
        logProb: -1,
        id: 7,
        bytes: [195, 169],
        top: [{ token: 'é', logProb: -1, id: 7 }],
      },
    ])
    // The bytes beside a spelled id are those of its spelling.
    const spelled = { token: 'token_id:42', logprob: -1, bytes: [116] }
    expect(right(textReply({ content: [{ ...spelled, top_logprobs: [] }] })).logProbs).toEqual([
      { token: 'token_id:42', logProb: -1, id: 42, top: [] },
    ])
  })

  it('that end before they list anything list nothing', () => {
    expect(right(textReply({ tokens: [], token_logprobs: [], top_logprobs: [] })).logProbs).toEqual([])
  })

  it.each([
    [chatReply, {}, 'field choices is missing'],
    [chatReply, null, 'must be'],
    [completionReply, chatBody('x'), 'field choices[0].text is missing'],
    [completionReply, textBody('x', { logprobs: 3 }), 'field choices[0].logprobs must be'],
    [
      completionReply,
      textBody('x', { logprobs: { content: [{ token: 1, logprob: 0 }] } }),
      'content[0].token must be string, but is 1',
    ],
  ])('%p refuses %j', (decode, body, message) => {
    expect(decode(body)).toEqual(E.left(expect.stringContaining(message)))
  })

  it('are decoded or refused with one line, whatever a server sends', () => {
    const shaped = fc.record({ choices: fc.array(fc.anything(), { maxLength: 2 }) })
    fc.assert(
      fc.property(fc.oneof(fc.anything(), shaped), (body) => {
        for (const decoded of [chatReply(body), completionReply(body)])
          expect(E.isRight(decoded) || !decoded.left.includes('\n')).toBe(true)
      }),
    )
  })

  const textReply = (logprobs: unknown): E.Either<string, Reply> =>
    completionReply(textBody('ab', { logprobs }))
})

describe('the first token', () => {
  const of = (
    top: ReadonlyArray<{ token: string; logProb: number }>,
  ): ReadonlyMap<string, number> | undefined =>
    firstTokenLogProbs({ text: 'x', finishReason: 'stop', logProbs: [{ token: 'x', logProb: -3, top }] })

  it('is among the most probable, or added', () => {
    expect([...(of([{ token: 'y', logProb: -1 }]) ?? [])]).toEqual([
      ['y', -1],
      ['x', -3],
    ])
    expect([...(of([{ token: 'x', logProb: -3 }]) ?? [])]).toEqual([['x', -3]])
  })

  it('adds probabilities of equal texts', () => {
    const twice = of([
      { token: 'y', logProb: Math.log(0.25) },
      { token: 'y', logProb: Math.log(0.5) },
    ])
    expect(Math.exp(twice?.get('y') ?? 0)).toBeCloseTo(0.75, 12)
  })

  it('is absent from a reply without log-probabilities', () => {
    expect(firstTokenLogProbs({ text: 'x', finishReason: 'stop' })).toBeUndefined()
    expect(firstTokenLogProbs({ text: '', finishReason: 'stop', logProbs: [] })).toBeUndefined()
  })
})

describe('the words of an error', () => {
  it.each([
    ['{"error":{"message":"no\\n model"}}', 'no model'],
    ['{"error":"plain"}', 'plain'],
    ['{"object":"error","message":"old vLLM"}', 'old vLLM'],
    ['{"detail":[{"loc":["body"],"msg":"field required"},{"msg":"and more"}]}', 'field required, and more'],
    ['{"detail":"Not Found"}', 'Not Found'],
    ['<html><title>502 Bad Gateway</title><body>x</body></html>', '502 Bad Gateway'],
    ['<p>sorry,</p> <b>no</b>', 'sorry, no'],
    ['', ''],
    ['\u001b[2J', '\\u001b[2J'],
  ])('%j', (body, words) => {
    expect(serverWords(body)).toBe(words)
  })

  it('are short', () => {
    expect(serverWords(JSON.stringify({ error: { message: 'long '.repeat(1e6) } }))).toHaveLength(300)
    expect(serverWords('<'.repeat(1e7)).length).toBeLessThanOrEqual(300)
  })
})
