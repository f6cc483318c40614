import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { chatWanted } from '../src/serving/http/chatRequest'
import { completionWanted } from '../src/serving/http/completionRequest'
import { asksOf, fits, modelIds } from '../src/serving/http/servedModels'
import type { Wanted } from '../src/serving/http/wanted'
import { fakeEngine, noJudge, withJudge } from './fixtures/fakeEngine'
import { chat, closeServers, post, requestDefaults, startServer } from './fixtures/httpServer'

afterAll(closeServers)

const chatOf = chatWanted(requestDefaults)
const completionOf = completionWanted(requestDefaults)
const wanted = (result: E.Either<unknown, Wanted>): Wanted => {
  if (E.isLeft(result)) throw new Error(JSON.stringify(result.left))
  return result.right
}
const completion = (more: Readonly<Record<string, unknown>> = {}) => ({ model: 'm', prompt: 'p', ...more })

describe('a chat request', () => {
  it('may have parts of text, a developer, and null for what is not set', () => {
    const body = {
      model: 'alignbeam',
      messages: [
        { role: 'developer', content: 'be brief', name: 'dev' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'one ' },
            { type: 'text', text: 'two' },
          ],
        },
        { role: 'assistant', content: 'yes', tool_calls: [] },
        { role: 'tool', content: '3', tool_call_id: 'x' },
        { role: 'user', content: 'go on' },
      ],
      temperature: null,
      stop: null,
      tools: [],
      response_format: { type: 'text' },
      logit_bias: {},
      presence_penalty: 0,
      user: 'someone',
      metadata: { a: 'b' },
      unknown_field: 1,
    }
    const { prompts, generation } = wanted(chatOf(body))
    expect(prompts).toEqual([
      {
        kind: 'messages',
        messages: [
          { role: 'system', content: 'be brief' },
          { role: 'user', content: 'one two' },
          { role: 'assistant', content: 'yes' },
          { role: 'tool', content: '3' },
          { role: 'user', content: 'go on' },
        ].map((message) => expect.objectContaining(message) as unknown),
      },
    ])
    expect(generation).toEqual(requestDefaults.generation)
  })

  it.each([
    [{ temperature: 2.1 }, 'temperature', 'invalid_value'],
    [{ temperature: '1' }, 'temperature', 'invalid_value'],
    [{ top_p: -0.1 }, 'top_p', 'invalid_value'],
    [{ n: 0 }, 'n', 'invalid_value'],
    [{ n: 9 }, 'n', 'invalid_value'],
    [{ n: 1.5 }, 'n', 'invalid_value'],
    [{ seed: 1e300 }, 'seed', 'invalid_value'],
    [{ max_tokens: 0 }, 'max_tokens', 'invalid_value'],
    [{ max_completion_tokens: -1 }, 'max_completion_tokens', 'invalid_value'],
    [{ stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'invalid_value'],
    [{ stop: '' }, 'stop', 'invalid_value'],
    [{ stream: 'yes' }, 'stream', 'invalid_value'],
    [{ stream: true, stream_options: { include_usage: 1 } }, 'stream_options.include_usage', 'invalid_value'],
    [{ stream_options: { include_usage: true } }, 'stream_options', 'invalid_value'],
    [{ logprobs: true, top_logprobs: 21 }, 'top_logprobs', 'invalid_value'],
    [{ top_logprobs: 2 }, 'top_logprobs', 'invalid_value'],
    [{ alpha: 1.01 }, 'alpha', 'invalid_value'],
    [{ beams: 17 }, 'beams', 'invalid_value'],
    [{ bridge_tokens: 0 }, 'bridge_tokens', 'invalid_value'],
    [{ judge: 1 }, 'judge', 'invalid_value'],
    [{ top_k: -2 }, 'top_k', 'invalid_value'],
    [{ repetition_penalty: 0 }, 'repetition_penalty', 'invalid_value'],
    [{ model: undefined }, 'model', 'missing_required_parameter'],
    [{ messages: undefined }, 'messages', 'missing_required_parameter'],
    [{ messages: [] }, 'messages', 'invalid_value'],
    [{ messages: [{ role: 'king', content: 'x' }] }, 'messages[0].role', 'invalid_value'],
    [{ messages: [{ role: 'user' }] }, 'messages[0].content', 'missing_required_parameter'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].type',
      'invalid_value',
    ],
    [
      {
        messages: [
          { role: 'user', content: 'x' },
          { role: 'assistant', content: 'y' },
        ],
      },
      'messages[1].role',
      'invalid_value',
    ],
    [
      { messages: [{ role: 'assistant', content: 'x', tool_calls: [{}] }] },
      'messages[0].tool_calls',
      'unsupported_parameter',
    ],
    [{ tools: [{}] }, 'tools', 'unsupported_parameter'],
    [{ tool_choice: 'required' }, 'tool_choice', 'unsupported_parameter'],
    [{ functions: [{}] }, 'functions', 'unsupported_parameter'],
    [{ response_format: { type: 'json_object' } }, 'response_format', 'unsupported_parameter'],
    [{ logit_bias: { 5: 1 } }, 'logit_bias', 'unsupported_parameter'],
    [{ presence_penalty: 0.5 }, 'presence_penalty', 'unsupported_parameter'],
    [{ frequency_penalty: -0.5 }, 'frequency_penalty', 'unsupported_parameter'],
    [{ modalities: ['text', 'audio'] }, 'modalities', 'unsupported_parameter'],
    [{ audio: {} }, 'audio', 'unsupported_parameter'],
    [{ reasoning_effort: 'high' }, 'reasoning_effort', 'unsupported_parameter'],
  ])('%j is refused and names the field', (more, param, code) => {
    expect(chatOf(chat('hi', more))).toMatchObject({ left: { status: 400, param, code } })
  })

  it.each([null, 3, 'text', [], [[]]])('%j is not a body', (body) => {
    expect(chatOf(body)).toMatchObject({ left: { status: 400, param: null } })
  })

  it('cannot reach a prototype', async () => {
    const engine = fakeEngine()
    const server = await startServer(engine)
    const response = await post(
      server,
      '/v1/chat/completions',
      '{"model":"alignbeam","__proto__":{"temperature":1.5,"tools":[1]},"\\u005f_proto__":{"n":3},"constructor":{"prototype":{"x":1}},"messages":[{"role":"user","content":"x","__proto__":{"role":"system"}}]}',
    )
    expect(response.status).toBe(200)
    expect(engine.asked).toMatchObject([{ generation: requestDefaults.generation }])
    expect('x' in {}).toBe(false)
  })

  it('repeats no value in its messages', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('temperature', 'n', 'stop', 'seed', 'messages', 'top_p', 'stream', 'alpha', 'model'),
        (name) => {
          const result = chatOf(chat('hi', { [name]: { private: 'private-words' } }))
          expect(result).toMatchObject({ left: { param: name } })
          expect(JSON.stringify(result)).not.toContain('private-words')
        },
      ),
    )
  })
})

describe('a completion request', () => {
  it.each([
    [{ prompt: [] }, 'prompt', 'invalid_value'],
    [{ prompt: undefined }, 'prompt', 'missing_required_parameter'],
    [{ prompt: [1, -1] }, 'prompt', 'invalid_value'],
    [{ prompt: ['a', 1] }, 'prompt', 'invalid_value'],
    [{ prompt: [[1], []] }, 'prompt', 'invalid_value'],
    [{ prompt: { a: 1 } }, 'prompt', 'invalid_value'],
    [{ prompt: Array.from({ length: 65 }, () => 'x'), n: 2 }, 'prompt', 'invalid_value'],
    [{ logprobs: 21 }, 'logprobs', 'invalid_value'],
    [{ logprobs: true }, 'logprobs', 'invalid_value'],
    [{ echo: true }, 'echo', 'unsupported_parameter'],
    [{ suffix: 'end' }, 'suffix', 'unsupported_parameter'],
    [{ best_of: 2 }, 'best_of', 'unsupported_parameter'],
  ])('%j is refused and names the field', (more, param, code) => {
    expect(completionOf(completion(more))).toMatchObject({ left: { status: 400, param, code } })
  })

  it('has the limit of the server, not 16 tokens', () => {
    const { generation, choices } = wanted(
      completionOf(completion({ echo: false, suffix: '', best_of: 2, n: 2, logprobs: 0 })),
    )
    expect(generation).toEqual({ ...requestDefaults.generation, logProbs: 0 })
    expect(choices).toBe(2)
    expect(wanted(completionOf(completion({ max_tokens: 3 }))).generation.maxNewTokens).toBe(3)
  })
})

describe('what the models allow', () => {
  it('is checked before they are asked', () => {
    const judged = wanted(completionOf(completion({ judge: true })))
    expect(fits(noJudge)(judged)).toMatchObject({ left: { param: 'judge' } })
    expect(fits(withJudge)(judged)).toEqual(E.right(judged))
    const long = wanted(completionOf(completion({ max_tokens: 513 })))
    expect(fits(noJudge)(long)).toMatchObject({
      left: { param: 'max_tokens', code: 'context_length_exceeded' },
    })
    expect(E.isRight(fits({ ...noJudge, contextLength: null })(long))).toBe(true)
  })

  it('asks once per prompt and choice, each with its own id and stream', () => {
    const two = wanted(completionOf(completion({ prompt: ['a', 'b'], n: 2 })))
    expect(
      asksOf('cmpl-x', 'draft', two).map(({ id, stream, prompt, voice }) => [id, stream, prompt, voice]),
    ).toEqual([
      ['cmpl-x-0', 0, { kind: 'raw', text: 'a' }, 'draft'],
      ['cmpl-x-1', 1, { kind: 'raw', text: 'a' }, 'draft'],
      ['cmpl-x-2', 0, { kind: 'raw', text: 'b' }, 'draft'],
      ['cmpl-x-3', 1, { kind: 'raw', text: 'b' }, 'draft'],
    ])
    expect([...modelIds('x', false).keys()]).toEqual(['x'])
  })
})
