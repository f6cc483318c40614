import { badInput } from '@safe/tensor-core/contracts'
import OpenAI, {
  APIError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  NotFoundError,
  RateLimitError,
} from 'openai'
import { fakeEngine, withJudge } from './fixtures/fakeEngine'
import { type RunningServer, closeServers, startServer } from './fixtures/httpServer'

afterAll(closeServers)

const clientOf = (server: RunningServer, apiKey = 'none') =>
  new OpenAI({ baseURL: `${server.url}/v1`, apiKey, maxRetries: 0 })
const user = (content: string) => [{ role: 'user' as const, content }]
const refused = async (work: Promise<unknown>): Promise<APIError> => {
  const cause: unknown = await work.then(
    () => undefined,
    (e: unknown) => e,
  )
  if (cause instanceof APIError) return cause
  throw new Error('no API error')
}

describe('the openai client', () => {
  it('chats, with usage and the defaults of the server', async () => {
    const engine = fakeEngine()
    const client = clientOf(await startServer(engine))
    const reply = await client.chat.completions.create({ model: 'alignbeam', messages: user('one two') })
    expect(reply.object).toBe('chat.completion')
    expect(reply.id).toMatch(/^chatcmpl-[0-9a-f]{32}$/)
    expect(reply.choices).toEqual([
      {
        index: 0,
        message: { role: 'assistant', content: '0:one two', refusal: null },
        logprobs: null,
        finish_reason: 'stop',
      },
    ])
    expect(reply.usage).toEqual({
      prompt_tokens: 7,
      completion_tokens: 3,
      total_tokens: 10,
      prompt_tokens_details: { cached_tokens: 0 },
    })
    expect(reply._request_id).toMatch(/^req_/)
    expect(engine.asked).toMatchObject([
      {
        voice: 'mixed',
        stream: 0,
        prompt: { kind: 'messages', messages: [{ role: 'user', content: 'one two' }] },
        dial: { alpha: 0.5, beams: 3, bridgeTokens: 6, judge: false },
        generation: { maxNewTokens: 256, temperature: 0.7, seed: 42, stop: [] },
      },
    ])
    expect(engine.asked[0]?.generation).not.toHaveProperty('logProbs')
  })

  it('streams, with usage in a last chunk', async () => {
    const client = clientOf(await startServer(fakeEngine()))
    const stream = await client.chat.completions.create({
      model: 'alignbeam',
      messages: user('one two'),
      stream: true,
      stream_options: { include_usage: true },
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(new Set(chunks.map(({ id }) => id)).size).toBe(1)
    expect(chunks[0]?.choices[0]?.delta).toEqual({ role: 'assistant', content: '', refusal: null })
    expect(chunks.map((c) => c.choices[0]?.delta.content ?? '').join('')).toBe('0:one two')
    expect(chunks.at(-2)?.choices[0]).toMatchObject({ delta: {}, finish_reason: 'stop' })
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 10 } })
    expect(chunks.slice(0, -1).every(({ usage }) => usage === null)).toBe(true)
  })

  it('assembles a streamed answer with its helper', async () => {
    const client = clientOf(await startServer(fakeEngine()))
    const helper = client.chat.completions.stream({ model: 'alignbeam', messages: user('a b c'), n: 2 })
    const reply = await helper.finalChatCompletion()
    expect(reply.choices.map(({ message }) => message.content)).toEqual(['0:a b c', '1:a b c'])
  })

  it('gets several choices, each with its own stream of random draws', async () => {
    const engine = fakeEngine()
    const client = clientOf(await startServer(engine))
    const sampling = { seed: 7 }
    const reply = await client.chat.completions.create({
      model: 'alignbeam',
      messages: user('hi'),
      n: 2,
      ...sampling,
      temperature: 1,
      top_p: 0.9,
      stop: ['END'],
      max_completion_tokens: 12,
    })
    expect(reply.choices.map(({ index, message }) => [index, message.content])).toEqual([
      [0, '0:hi'],
      [1, '1:hi'],
    ])
    expect(reply.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 4 })
    expect(engine.asked.map(({ stream }) => stream)).toEqual([0, 1])
    expect(new Set(engine.asked.map(({ id }) => id)).size).toBe(2)
    expect(engine.asked[1]?.generation).toEqual({
      maxNewTokens: 12,
      temperature: 1,
      topP: 0.9,
      topK: 0,
      repetitionPenalty: 1.15,
      stop: ['END'],
      seed: 7,
    })
  })

  it('gets log-probabilities, whole and streamed', async () => {
    const client = clientOf(await startServer(fakeEngine()))
    const asked = { model: 'alignbeam', messages: user('hi é'), logprobs: true, top_logprobs: 2 } as const
    const whole = await client.chat.completions.create(asked)
    const content = whole.choices[0]?.logprobs?.content ?? []
    expect(content.map(({ token }) => token)).toEqual(['0:', 'hi ', 'é'])
    expect(content[2]).toEqual({
      token: 'é',
      logprob: -0.25,
      bytes: [0xc3, 0xa9],
      top_logprobs: [
        { token: 'é', logprob: -0.25, bytes: [0xc3, 0xa9] },
        { token: 'other1', logprob: -1.25, bytes: [...Buffer.from('other1')] },
      ],
    })
    const streamed = await client.chat.completions.stream(asked).finalChatCompletion()
    expect(streamed.choices[0]?.logprobs?.content).toEqual(content)
  })

  it('completes text and tokens, several prompts at once', async () => {
    const engine = fakeEngine()
    const client = clientOf(await startServer(engine))
    const reply = await client.completions.create({
      model: 'alignbeam',
      prompt: ['a b', 'c'],
      n: 2,
      logprobs: 1,
    })
    expect(reply.object).toBe('text_completion')
    expect(reply.choices.map(({ index, text }) => [index, text])).toEqual([
      [0, '0:a b'],
      [1, '1:a b'],
      [2, '0:c'],
      [3, '1:c'],
    ])
    expect(reply.choices[0]?.logprobs).toEqual({
      tokens: ['0:', 'a ', 'b'],
      token_logprobs: [-0.25, -0.25, -0.25],
      top_logprobs: [{ '0:': -0.25 }, { 'a ': -0.25 }, { b: -0.25 }],
      text_offset: [0, 2, 4],
    })
    expect(reply.usage).toMatchObject({ prompt_tokens: 14, completion_tokens: 10, total_tokens: 24 })
    expect(engine.asked[0]?.prompt).toEqual({ kind: 'raw', text: 'a b' })
    await client.completions.create({ model: 'alignbeam', prompt: [3, 4] })
    await client.completions.create({ model: 'alignbeam', prompt: [[3, 4], [5]] })
    expect(engine.asked.slice(4).map(({ prompt }) => prompt)).toEqual([
      { kind: 'tokens', tokens: [3, 4] },
      { kind: 'tokens', tokens: [3, 4] },
      { kind: 'tokens', tokens: [5] },
    ])
  })

  it('streams completions', async () => {
    const client = clientOf(await startServer(fakeEngine()))
    const stream = await client.completions.create({
      model: 'alignbeam',
      prompt: 'a b',
      stream: true,
      logprobs: 0,
    })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map(({ choices }) => choices[0]?.text).join('')).toBe('0:a b')
    expect(chunks.flatMap(({ choices }) => choices[0]?.logprobs?.text_offset ?? [])).toEqual([0, 2, 4])
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks[0]).not.toHaveProperty('usage')
  })

  it('lists the models; the page adds one for each voice', async () => {
    const engine = fakeEngine()
    const plain = clientOf(await startServer(engine, { name: 'safe' }))
    expect((await plain.models.list()).data.map(({ id }) => id)).toEqual(['safe'])
    const paged = clientOf(await startServer(engine, { name: 'safe', ui: true }))
    expect((await paged.models.list()).data.map(({ id }) => id)).toEqual([
      'safe',
      'safe/draft',
      'safe/anchor',
    ])
    expect(await paged.models.retrieve('safe/anchor')).toMatchObject({ id: 'safe/anchor', object: 'model' })
    await paged.chat.completions.create({ model: 'safe/anchor', messages: user('hi') })
    expect(engine.asked.map(({ voice }) => voice)).toEqual(['anchor'])
    expect(await refused(plain.models.retrieve('safe/anchor'))).toBeInstanceOf(NotFoundError)
  })

  it('sets the dial, and is told how the answer came about', async () => {
    const engine = fakeEngine(undefined, withJudge)
    const client = clientOf(await startServer(engine))
    const asked = {
      model: 'alignbeam',
      messages: user('hi'),
      alpha: 0.25,
      beams: 2,
      bridge_tokens: 4,
      judge: true,
      top_k: 5,
      repetition_penalty: 1,
      alignbeam: true,
    }
    const whole = await client.chat.completions.create(asked)
    expect(engine.asked[0]).toMatchObject({
      dial: { alpha: 0.25, beams: 2, bridgeTokens: 4, judge: true },
      generation: { topK: 5, repetitionPenalty: 1 },
    })
    const account = {
      chosen: 0,
      beams: [{ completion: '0:hi', verdict: 1.5 }],
      telemetry: { steps: 6, mappedMass: 0.9, support: 40, fallbacks: 0, agreement: 0.75 },
      tokens: [
        { text: '0:', by: 'both' },
        { text: 'hi', by: 'both' },
      ],
    }
    expect(whole.choices[0]).toHaveProperty('alignbeam', account)
    const choices = []
    for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }))
      choices.push(chunk.choices[0])
    expect(choices.at(-1)).toHaveProperty('alignbeam', account)
    expect(choices[1]).toHaveProperty('alignbeam', { tokens: [{ text: '0:', by: 'both' }] })
  })

  it('knows what was wrong by the class of the error', async () => {
    const server = await startServer(
      fakeEngine(() => ({
        texts: [],
        fault: badInput('ContextExceeded', 'has 600 tokens, the models take 512', {
          field: 'prompt',
          remedy: 'lower `maxNewTokens`',
        }),
      })),
      { apiKey: 'a-key-of-clients' },
    )
    const wrong = await refused(clientOf(server, 'wrong').models.list())
    expect(wrong).toBeInstanceOf(AuthenticationError)
    expect(wrong.headers?.get('www-authenticate')).toMatch(/^Bearer/)
    const client = clientOf(server, 'a-key-of-clients')
    const missing = await refused(client.chat.completions.create({ model: 'gpt-4', messages: user('hi') }))
    expect(missing).toBeInstanceOf(NotFoundError)
    expect(missing.code).toBe('model_not_found')
    const bad = await refused(
      client.chat.completions.create({ model: 'alignbeam', messages: user('hi'), temperature: 3 }),
    )
    expect(bad).toBeInstanceOf(BadRequestError)
    expect(bad.param).toBe('temperature')
    const long = await refused(client.completions.create({ model: 'alignbeam', prompt: 'hi' }))
    expect(long).toBeInstanceOf(BadRequestError)
    expect(long.code).toBe('context_length_exceeded')
    expect(long.message).toContain('`prompt` has 600 tokens, the models take 512; lower `max_tokens`')
  })

  it('gets 429 where the queue is full, and 504 where the time is over', async () => {
    const server = await startServer(
      fakeEngine(() => ({ texts: [], hangs: true })),
      {
        maxConcurrency: 1,
        maxQueue: 0,
        requestTimeout: 0.4,
      },
    )
    const client = clientOf(server)
    const first = refused(client.chat.completions.create({ model: 'alignbeam', messages: user('hi') }))
    await new Promise((resolve) => setTimeout(resolve, 100))
    const second = await refused(client.chat.completions.create({ model: 'alignbeam', messages: user('hi') }))
    expect(second).toBeInstanceOf(RateLimitError)
    expect(Number(second.headers?.get('retry-after'))).toBeGreaterThanOrEqual(1)
    const late = await first
    expect(late).toBeInstanceOf(InternalServerError)
    expect(late.status).toBe(504)
    expect(late.code).toBe('timeout')
  })
})
