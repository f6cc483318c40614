import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type EndpointError, faultLine } from '../../src/contracts'
import {
  type ChatRequest,
  type Endpoint,
  type EndpointUse,
  type Reply,
  openEndpoint,
} from '../../src/endpoint'
import { type Answer, type FakeServer, chatBody, fakeServer, refusal, textBody } from './server'

const secret = 'sk-secretKey1234567890'

let server: FakeServer
let cache: string
let warnings: string[]
beforeEach(async () => {
  server = await fakeServer()
  cache = mkdtempSync(join(tmpdir(), 'endpoint-'))
  warnings = []
})
afterEach(async () => {
  await server.close()
  rmSync(cache, { recursive: true })
})

const address = (): string => `${server.url}#judge`
const question = (content = 'Is it safe?', more: Partial<ChatRequest> = {}): ChatRequest => ({
  messages: [{ role: 'user', content }],
  maxTokens: 5,
  ...more,
})
const open = async (use: Partial<EndpointUse> = {}): Promise<Endpoint> => {
  const opened = await openEndpoint({
    address: address(),
    cache,
    env: {},
    firstPauseSeconds: 0.001,
    onWarning: (line) => warnings.push(line),
    ...use,
  })()
  if (E.isLeft(opened)) throw new Error(faultLine(opened.left))
  return opened.right
}
const right = <A>(e: E.Either<EndpointError, A>): A => {
  if (E.isLeft(e)) throw new Error(faultLine(e.left))
  return e.right
}
const left = (e: E.Either<EndpointError, unknown>): EndpointError => {
  if (E.isRight(e)) throw new Error(JSON.stringify(e.right))
  return e.left
}
const ask = async (use: Partial<EndpointUse> = {}, request = question()): Promise<Reply> =>
  right(await (await open(use)).chat(request)())
const fail = async (use: Partial<EndpointUse> = {}, request = question()): Promise<EndpointError> =>
  left(await (await open(use)).chat(request)())
const always =
  (answer: Answer): FakeServer['answer'] =>
  () =>
    answer
/** The answers in their order; the last one again and again. */
const inTurn =
  (...answers: Answer[]): FakeServer['answer'] =>
  (_, n) =>
    answers[Math.min(n, answers.length - 1)] ?? {}
const entries = (): string[] =>
  readdirSync(cache, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile())
    .map((e) => join(e.parentPath, e.name))

describe('a request', () => {
  it('is a conversation with the settings, and nothing that tells of this machine', async () => {
    const reply = await ask({}, question('Hi', { seed: 3, topLogProbs: 2, stop: ['\n'] }))
    expect(reply).toEqual({ text: 'yes', finishReason: 'stop', servedModel: 'served-1' })
    const [asked] = server.asked
    expect(asked?.url).toBe('/v1/chat/completions')
    expect(asked?.body).toEqual({
      model: 'judge',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 5,
      temperature: 0,
      seed: 3,
      stop: ['\n'],
      logprobs: true,
      top_logprobs: 2,
    })
    expect(Object.keys(asked?.headers ?? {}).filter((h) => /stainless|openai/i.test(h))).toEqual([])
    expect(asked?.headers['user-agent']).toBe('safe-tensor-core')
  })

  it("may have fields of this server's own, and then gets its whole answer, kept or not", async () => {
    const body = { ...chatBody('yes'), usage: { prompt_tokens: 3 } }
    server.answer = always({ body })
    const own = question('Hi', { extension: { alpha: 0.5, model: 'another', beams: undefined } })
    const reply = await ask({}, own)
    expect(reply).toMatchObject({ text: 'yes', answer: { usage: { prompt_tokens: 3 } } })
    expect(server.asked[0]?.body).toEqual({
      model: 'judge',
      messages: [{ role: 'user', content: 'Hi' }],
      max_tokens: 5,
      temperature: 0,
      alpha: 0.5,
    })
    expect(await ask({}, own)).toEqual(reply)
    expect(server.asked).toHaveLength(1)
    expect(await ask({}, question('Hi'))).not.toHaveProperty('answer')
  })

  it('may be a text to be continued', async () => {
    server.answer = always({
      body: textBody(' Paris', {
        logprobs: {
          tokens: [' Paris'],
          token_logprobs: [-0.25],
          top_logprobs: [{ ' the': -2, ' Paris': -0.25 }],
          text_offset: [0],
        },
      }),
    })
    const reply = right(
      await (await open()).complete({ prompt: 'The capital of France is', maxTokens: 1, topLogProbs: 2 })(),
    )
    expect(reply).toEqual({
      text: ' Paris',
      finishReason: 'length',
      logProbs: [
        {
          token: ' Paris',
          logProb: -0.25,
          top: [
            { token: ' Paris', logProb: -0.25 },
            { token: ' the', logProb: -2 },
          ],
        },
      ],
    })
    expect(server.asked[0]?.url).toBe('/v1/completions')
    expect(server.asked[0]?.body).toEqual({
      model: 'judge',
      prompt: 'The capital of France is',
      max_tokens: 1,
      temperature: 0,
      logprobs: 2,
    })
  })

  it('is not sent when an endpoint is opened', async () => {
    await open()
    expect(server.asked).toEqual([])
  })

  it('loads the library when it is sent, not before', () => {
    const program = `
      const { openEndpoint } = require('./src/endpoint')
      const loaded = () => Object.keys(require.cache).some((path) => /node_modules.openai/.test(path))
      openEndpoint({ address: '${address()}', cache: false, retries: 0, timeoutSeconds: 0.01, env: {} })().then(async (opened) => {
        const before = loaded()
        await opened.right.chat({ messages: [], maxTokens: 1 })()
        process.stdout.write(\`\${before} \${loaded()}\`)
      })`
    const { stdout } = spawnSync(process.execPath, [...process.execArgv, '-e', program], {
      cwd: join(__dirname, '..', '..'),
      encoding: 'utf8',
    })
    expect(stdout).toBe('false true')
  })
})

describe('the key', () => {
  it('comes from the variable, or is a placeholder', async () => {
    await ask({ cache: false, env: { OPENAI_API_KEY: secret } })
    await ask({
      cache: false,
      apiKeyEnv: 'MY_KEY',
      env: { OPENAI_API_KEY: secret, MY_KEY: 'other-key-12345' },
    })
    await ask({ cache: false, env: {} })
    expect(server.asked.map(({ headers }) => headers['authorization'])).toEqual([
      `Bearer ${secret}`,
      'Bearer other-key-12345',
      'Bearer none',
    ])
  })

  it('is not taken from variables of the library, nor are headers', async () => {
    const before = process.env
    process.env = {
      ...before,
      OPENAI_API_KEY: secret,
      OPENAI_ADMIN_KEY: secret,
      OPENAI_ORG_ID: secret,
      OPENAI_PROJECT_ID: secret,
      OPENAI_BASE_URL: 'http://127.0.0.1:1',
      OPENAI_CUSTOM_HEADERS: `authorization: Bearer ${secret}\nx-more: ${secret}`,
      OPENAI_LOG: 'debug',
    }
    try {
      await ask({ env: {} })
    } finally {
      process.env = before
    }
    expect(server.asked).toHaveLength(1)
    expect(JSON.stringify(server.asked)).not.toContain(secret)
  })

  it('does not follow a redirect to another host', async () => {
    const other = await fakeServer()
    try {
      server.answer = always({
        status: 307,
        headers: { location: `${other.url}/chat/completions?k=${secret}` },
      })
      const fault = await fail({ env: { OPENAI_API_KEY: secret } })
      expect(fault).toMatchObject({ _tag: 'EndpointRefused', kind: 'input' })
      expect(faultLine(fault)).toContain(`redirects to ${other.url}/chat/completions?k=[key] (307)`)
      expect(other.asked).toEqual([])
      expect(server.asked).toHaveLength(1)
    } finally {
      await other.close()
    }
  })

  it('is neither kept nor shown when the server repeats it', async () => {
    server.answer = (asked) => ({ body: chatBody(`you sent ${String(asked.headers['authorization'])}`) })
    const reply = await ask({ env: { OPENAI_API_KEY: secret } })
    expect(reply.text).toBe('you sent Bearer [key]')
    expect(
      entries()
        .map((path) => readFileSync(path, 'utf8'))
        .join(),
    ).not.toContain(secret)

    server.answer = always({ status: 400, body: refusal(`what is ${secret}?`) })
    const fault = await fail({ env: { OPENAI_API_KEY: secret } }, question('another'))
    expect(fault.message).toBe('refuses the request (400: what is [key]?)')
  })

  it('must be the name of a variable, and the variable one line; neither is shown', async () => {
    const named = await openEndpoint({ address: address(), apiKeyEnv: secret, env: {} })()
    expect(left(named)).toMatchObject({ _tag: 'BadOption', field: 'apiKeyEnv' })
    expect(JSON.stringify(named)).not.toContain(secret)
    // Keys of some services could be names of variables.
    const asName = 'hf_qWeRtYuIoPaSdFgHjKlZxCvBnM'
    const unset = await openEndpoint({ address: address(), apiKeyEnv: asName, env: {} })()
    expect(left(unset)).toMatchObject({ _tag: 'BadOption', field: 'apiKeyEnv' })
    expect(JSON.stringify(unset)).not.toContain(asName)
    const set = await openEndpoint({ address: address(), apiKeyEnv: asName, env: { [asName]: 'k' } })()
    expect(set._tag).toBe('Right')
    const held = await openEndpoint({ address: address(), env: { OPENAI_API_KEY: `${secret}\n${secret}` } })()
    expect(left(held)).toMatchObject({ _tag: 'BadConfig', where: 'OPENAI_API_KEY' })
    expect(JSON.stringify(held)).not.toContain(secret)
  })

  it('is warned of where it would cross a network in the clear', async () => {
    const env = { OPENAI_API_KEY: secret }
    await open({ env, address: 'http://judge.example/v1#m' })
    expect(warnings).toEqual([expect.stringContaining('sent unencrypted')])
    await open({ env, address: 'https://judge.example/v1#m' })
    await open({ env, address: 'http://localhost:1/v1#m' })
    await open({ env: {}, address: 'http://judge.example/v1#m' })
    expect(warnings).toHaveLength(1)
  })
})

describe('trouble that passes', () => {
  it.each([408, 409, 429, 500, 503])('%d is waited out', async (status) => {
    server.answer = inTurn({ status, body: refusal('later') }, { status }, { body: chatBody('yes') })
    expect((await ask()).text).toBe('yes')
    expect(server.asked).toHaveLength(3)
    expect(warnings).toEqual([expect.stringContaining('further repeats are not reported')])
  })

  it('is waited out for the time that the server asks for', async () => {
    server.answer = inTurn({ status: 429, headers: { 'retry-after': '0.3' } }, { body: chatBody('yes') })
    const start = Date.now()
    await ask()
    expect(Date.now() - start).toBeGreaterThanOrEqual(295)
    expect(warnings[0]).toContain('after 0.3 s')
  })

  it('may be a cut connection', async () => {
    server.answer = inTurn({ body: chatBody('yes'), cut: 20 }, { body: chatBody('yes') })
    expect((await ask()).text).toBe('yes')
    expect(server.asked).toHaveLength(2)
  })

  it('may be an error in an answer of status 200', async () => {
    server.answer = inTurn(
      { body: { error: { message: 'overloaded', code: 503 } } },
      { body: chatBody('yes') },
    )
    expect((await ask()).text).toBe('yes')
    server.answer = always({ body: { error: { message: 'no such thing', code: 400 } } })
    expect((await fail({}, question('other'))).message).toBe('refuses the request (400: no such thing)')
  })

  it('ends after the given number of repeats', async () => {
    server.answer = always({ status: 429, body: refusal('slow down') })
    expect(await fail({ retries: 2 })).toMatchObject({
      _tag: 'EndpointUnreachable',
      kind: 'failure',
      where: address(),
      message: 'answered 429: slow down, 3 times',
      remedy: 'lower `concurrency`, or try again later',
    })
    expect(server.asked).toHaveLength(3)
  })

  it('is given up early where nothing was ever heard of the server', async () => {
    await server.close()
    const fault = await fail({ retries: 50 })
    expect(fault).toMatchObject({ _tag: 'EndpointUnreachable', kind: 'failure' })
    expect(fault.message).toMatch(/^cannot be reached \(.*ECONNREFUSED.*\), 3 times$/)
  })

  it('may be silence', async () => {
    server.answer = always({ body: chatBody('late'), after: 600_000 })
    const fault = await fail({ timeoutSeconds: 0.1, retries: 1 })
    expect(fault.message).toBe('did not answer within 0.1 s, 2 times')
  })
})

describe('trouble that stays', () => {
  it.each([
    [400, 'refuses the request (400: no)', 'requests'],
    [403, 'does not allow this (403: no)', 'OPENAI_API_KEY'],
    [413, 'refuses the request (413: no)', 'requests'],
    [422, 'refuses the request (422: no)', 'requests'],
  ])('%d is reported at once', async (status, message, remedy) => {
    server.answer = always({ status, body: refusal('no') })
    const fault = await fail()
    expect(fault).toMatchObject({ _tag: 'EndpointRefused', kind: 'input', message, where: address() })
    expect(fault.remedy).toContain(remedy)
    expect(server.asked).toHaveLength(1)
  })

  it('401 says which variable to set', async () => {
    server.answer = always({ status: 401 })
    expect(faultLine(await fail({ apiKeyEnv: 'MY_KEY' }))).toMatch(
      /needs a key \(401\); set the variable MY_KEY/,
    )
    expect(faultLine(await fail({ env: { OPENAI_API_KEY: secret } }))).toContain(
      'refuses the key in OPENAI_API_KEY',
    )
  })

  it('404 lists the models of the server, if it can', async () => {
    server.answer = (asked) =>
      asked.url === '/v1/models'
        ? { body: { data: Array.from({ length: 12 }, (_, i) => ({ id: `model-${i}` })) } }
        : { status: 404, body: refusal('no model judge') }
    expect((await fail()).remedy).toMatch(/the server has model-0, .*model-9 and 2 more$/)
    server.answer = always({ status: 404, body: '<html><title>Not\n Found</title></html>' })
    expect(await fail()).toMatchObject({
      message: 'has no such model or address (404: Not Found)',
      remedy: expect.stringContaining('/v1') as string,
    })
  })

  it.each([
    ['a page', '<html><head><title>Sign in</title></head></html>', 'answers no JSON (Sign in)'],
    ['nothing', '', 'answers no JSON (an empty body)'],
    [
      'another shape',
      { choices: [{ message: 5 }] },
      'answers another shape: field choices[0].message must be a message, but is 5',
    ],
    ['no choice', { choices: [] }, 'answers another shape: field choices is empty'],
    [
      'odd content',
      chatBody('x', { message: { content: ['x'] } }),
      'answers another shape: field choices[0].message.content must be string or null, but is ["x"]',
    ],
    [
      'deep nesting',
      `{"a":${'['.repeat(5000)}${']'.repeat(5000)}}`,
      'answers JSON that is nested too deeply',
    ],
    ['control characters', '\u001b[31m\u0007', 'answers no JSON (\\u001b[31m\\u0007)'],
  ])('%s is no reply', async (_, body, message) => {
    server.answer = always({ body })
    const fault = await fail()
    expect(fault).toMatchObject({ _tag: 'EndpointDamaged', kind: 'failure', message })
    expect(faultLine(fault)).not.toContain('\n')
    expect(server.asked).toHaveLength(1)
    expect(entries()).toEqual([])
  })

  it('an answer without end is cut off', async () => {
    server.answer = always({ body: 'x'.repeat((1 << 24) + 1) })
    expect((await fail()).message).toBe('sends an answer of more than 16777216 bytes')
    expect(server.asked).toHaveLength(1)
  })
})

describe('a continuation', () => {
  it('may be of ids, with extensions that are sent only where they are asked for', async () => {
    server.answer = always({ body: textBody(' Paris') })
    right(
      await (
        await open()
      ).complete({
        prompt: [504, 314],
        maxTokens: 9,
        temperature: 0.5,
        topP: 1,
        shaping: { repetitionPenalty: 1.15, topK: 0, minP: 0 },
        tokenIds: true,
        addSpecialTokens: false,
      })(),
    )
    expect(server.asked[0]?.body).toEqual({
      model: 'judge',
      prompt: [504, 314],
      max_tokens: 9,
      temperature: 0.5,
      top_p: 1,
      repetition_penalty: 1.15,
      repeat_penalty: 1.15,
      repeat_last_n: 8192,
      top_k: -1,
      min_p: 0,
      return_tokens_as_token_ids: true,
      add_special_tokens: false,
    })
  })

  it('may be of the last message', async () => {
    await ask({}, { messages: [{ role: 'assistant', content: 'I am' }], maxTokens: 1, continues: true })
    expect(server.asked[0]?.body).toMatchObject({
      continue_final_message: true,
      add_generation_prompt: false,
    })
  })
})

describe('fields that a server refuses', () => {
  const refuses =
    (field: string, words: string): FakeServer['answer'] =>
    ({ body }) =>
      field in body ? { status: 400, body: refusal(words) } : { body: chatBody('yes') }
  const full = (content: string): ChatRequest => question(content, { seed: 1, topLogProbs: 5 })

  it('are left out, remembered and warned of once', async () => {
    server.answer = refuses('top_logprobs', 'unknown argument')
    const endpoint = await open()
    const reply = right(await endpoint.chat(full('one'))())
    expect(reply).toEqual({
      text: 'yes',
      finishReason: 'stop',
      servedModel: 'served-1',
      leftOut: ['logprobs', 'seed'],
    })
    right(await endpoint.chat(full('two'))())
    expect(server.asked.map(({ body }) => 'top_logprobs' in body)).toEqual([true, false, false])
    expect(warnings).toEqual([
      `${address()}: the server gives no log-probabilities`,
      `${address()}: the server takes no seed`,
    ])
  })

  it('are only those that it names', async () => {
    server.answer = refuses('seed', 'Unsupported parameter: seed')
    expect((await ask({}, full('one'))).leftOut).toEqual(['seed'])
    expect(server.asked[1]?.body).toMatchObject({ logprobs: true, top_logprobs: 5 })
  })

  it('may be ignored, which is warned of once', async () => {
    const endpoint = await open()
    expect(right(await endpoint.chat(full('one'))())).toEqual({
      text: 'yes',
      finishReason: 'stop',
      servedModel: 'served-1',
    })
    right(await endpoint.chat(full('two'))())
    expect(warnings).toEqual([`${address()}: the server gives no log-probabilities`])
  })

  it('may be named one after the other', async () => {
    server.answer = ({ body }) =>
      'max_tokens' in body
        ? {
            status: 400,
            body: refusal("'max_tokens' is not supported. Use 'max_completion_tokens' instead."),
          }
        : 'temperature' in body
          ? { status: 400, body: refusal("'temperature' does not support 0, only the default (1)") }
          : { body: chatBody('yes') }
    expect((await ask()).leftOut).toEqual(['temperature'])
    expect(server.asked.at(-1)?.body).toMatchObject({ max_completion_tokens: 5 })
  })

  it('are extensions before anything else, where it does not say which', async () => {
    server.answer = refuses('top_k', 'unknown argument')
    const sampled = question('one', { topLogProbs: 2, shaping: { repetitionPenalty: 1.2, topK: 5, minP: 0 } })
    expect((await ask({}, sampled)).leftOut).toEqual(['shaping'])
    expect(server.asked[1]?.body).toMatchObject({ top_logprobs: 2 })
    expect(Object.keys(server.asked[1]?.body ?? {})).not.toContain('repetition_penalty')
  })

  it('may be too many log-probabilities: as many as it gives are asked for, from then on', async () => {
    server.answer = ({ body }) =>
      Number(body['top_logprobs']) > 20
        ? {
            status: 400,
            body: refusal('Requested sample logprobs of 50, which is greater than max allowed: 20'),
          }
        : { body: chatBody('yes', { logprobs: { content: [{ token: 'yes', logprob: -1 }] } }) }
    const endpoint = await open()
    for (const content of ['one', 'two']) {
      const reply = right(await endpoint.chat(question(content, { topLogProbs: 50 }))())
      expect(reply.logProbs).toHaveLength(1)
      expect(reply.leftOut).toBeUndefined()
    }
    expect(server.asked.map(({ body }) => body['top_logprobs'])).toEqual([50, 20, 20])
    // Fewer are asked for as they are.
    right(await endpoint.chat(question('three', { topLogProbs: 3 }))())
    expect(server.asked.at(-1)?.body).toMatchObject({ top_logprobs: 3 })
    expect(warnings).toEqual([])
  })

  it('are not remembered where leaving them out did not help', async () => {
    server.answer = always({ status: 400, body: refusal('too long') })
    const endpoint = await open()
    expect(left(await endpoint.chat(full('one'))()).message).toBe('refuses the request (400: too long)')
    expect(server.asked).toHaveLength(2)
    expect(warnings).toEqual([])
    server.answer = () => ({ body: chatBody('yes') })
    right(await endpoint.chat(full('two'))())
    expect(server.asked[2]?.body).toMatchObject({ seed: 1, top_logprobs: 5 })
  })
})

describe('the cache', () => {
  it('answers equal requests, over processes, without a server', async () => {
    const first = await ask({}, question('Hi', { topLogProbs: 1 }))
    await server.close()
    expect(await ask({}, question('Hi', { topLogProbs: 1 }))).toEqual(first)
    expect(server.asked).toHaveLength(1)
  })

  it('keeps what was cut at the limit, too', async () => {
    server.answer = always({ body: chatBody('half a', { finish_reason: 'length' }) })
    await ask()
    expect(await ask()).toMatchObject({ text: 'half a', finishReason: 'length' })
    expect(server.asked).toHaveLength(1)
  })

  it.each<[string, ChatRequest, Partial<EndpointUse>]>([
    ['another text', question('Is it?'), {}],
    ['another limit', question(undefined, { maxTokens: 6 }), {}],
    ['another seed', question(undefined, { seed: 1 }), {}],
    ['log-probabilities', question(undefined, { topLogProbs: 0 }), {}],
    ['a stop', question(undefined, { stop: ['.'] }), {}],
    ['another role', { ...question(), messages: [{ role: 'system', content: 'Is it safe?' }] }, {}],
    ['no cache', question(), { cache: false }],
  ])('does not answer where there is %s', async (_, request, use) => {
    await ask()
    await ask(use, request)
    expect(server.asked).toHaveLength(2)
  })

  it('does not answer for another model or another server', async () => {
    await ask()
    await ask({ address: `${server.url}#other` })
    expect(server.asked).toHaveLength(2)
    await ask({ address: `${server.url}/x#judge` })
    expect(server.asked).toHaveLength(3)
  })

  it('answers a draw only where it has a seed', async () => {
    const drawn = question(undefined, { temperature: 1 })
    await ask({}, drawn)
    await ask({}, drawn)
    expect(server.asked).toHaveLength(2)
    await ask({}, { ...drawn, seed: 1 })
    await ask({}, { ...drawn, seed: 1 })
    expect(server.asked).toHaveLength(3)
  })

  it.each<[string, (text: string) => string]>([
    ['cut', (text) => text.slice(0, text.length / 2)],
    ['empty', () => ''],
    ['changed', (text) => text.replace('"yes"', '"no"')],
    ['of another request', (text) => text.replace(/"key":"../, '"key":"zz')],
    ['of another shape', () => '{"key":1}'],
  ])('ignores an entry that is %s, and writes it again', async (_, damage) => {
    await ask()
    const [path = ''] = entries()
    const whole = readFileSync(path, 'utf8')
    writeFileSync(path, damage(whole))
    expect((await ask()).text).toBe('yes')
    expect(server.asked).toHaveLength(2)
    expect(readFileSync(path, 'utf8')).toBe(whole)
    expect(entries()).toEqual([path])
  })

  it('that cannot be written costs a warning, not the reply', async () => {
    const file = join(cache, 'file')
    writeFileSync(file, '')
    const endpoint = await open({ cache: file })
    right(await endpoint.chat(question('one'))())
    right(await endpoint.chat(question('two'))())
    expect(warnings).toEqual([expect.stringMatching(/^the reply is not kept: .*file/)])
  })

  it('may be used by several endpoints at once', async () => {
    server.answer = ({ body }) => ({ body: chatBody(JSON.stringify(body['messages'])) })
    const endpoints = await Promise.all(Array.from({ length: 4 }, () => open()))
    const texts = Array.from({ length: 10 }, (_, i) => `question ${i}`)
    const asked = await Promise.all(
      endpoints.flatMap((endpoint) => texts.map((text) => endpoint.chat(question(text))())),
    )
    expect(asked.map((e) => right(e).text)).toEqual(
      endpoints.flatMap(() => texts.map((text) => JSON.stringify([{ role: 'user', content: text }]))),
    )
    expect(entries()).toHaveLength(10)
    expect(warnings).toEqual([])
  })
})

describe('many requests', () => {
  it('that are equal are sent once', async () => {
    const endpoint = await open()
    const replies = await Promise.all(Array.from({ length: 5 }, () => endpoint.chat(question())()))
    expect(replies.map((e) => right(e).text)).toEqual(Array(5).fill('yes'))
    expect(server.asked).toHaveLength(1)
  })

  it('are answered in their order, with a limit on those in flight', async () => {
    server.answer = ({ body }, n) => ({ body: chatBody(JSON.stringify(body['messages'])), after: 30 - n })
    const endpoint = await open({ concurrency: 3 })
    const items = Array.from({ length: 20 }, (_, i) => `item ${i}`)
    const replies = right(await endpoint.all(items, (text) => endpoint.chat(question(text)))())
    expect(replies.map(({ text }) => /item \d+/.exec(text)?.[0])).toEqual(items)
    expect(server.load.most).toBe(3)
    await Promise.all(items.map((text) => endpoint.chat(question(`again ${text}`))()))
    expect(server.load.most).toBe(3)
  })

  it('end with the first failure', async () => {
    server.answer = always({ status: 401 })
    const endpoint = await open({ concurrency: 2 })
    const items = Array.from({ length: 100 }, (_, i) => `item ${i}`)
    const fault = left(await endpoint.all(items, (text) => endpoint.chat(question(text)))())
    expect(fault.message).toBe('needs a key (401)')
    expect(server.asked.length).toBeLessThanOrEqual(3)
  })

  it.each<[string, Answer]>([
    ['in flight', { after: 600_000 }],
    ['that wait to be repeated', { status: 429, headers: { 'retry-after': '600' } }],
  ])('%s are stopped at once', async (_, answer) => {
    server.answer = always(answer)
    const stop = new AbortController()
    const endpoint = await open({ signal: stop.signal, concurrency: 20 })
    const asked = Array.from({ length: 40 }, (__, i) => endpoint.chat(question(`item ${i}`))())
    setTimeout(() => stop.abort(), 150)
    const faults = (await Promise.all(asked)).map(left)
    expect(faults.every((f) => f.kind === 'interrupted' && f._tag === 'Interrupted')).toBe(true)
    expect(server.asked.length).toBeLessThanOrEqual(20)
  })
})

describe('options', () => {
  it.each<[Partial<EndpointUse>, string]>([
    [{ concurrency: 0 }, 'concurrency'],
    [{ timeoutSeconds: 301 }, 'timeoutSeconds'],
    [{ retries: -1 }, 'retries'],
    [{ firstPauseSeconds: 0 }, 'firstPauseSeconds'],
  ])('%j is refused', async (use, field) => {
    const fault = left(await openEndpoint({ address: address(), env: {}, ...use })())
    expect(fault).toMatchObject({ _tag: 'BadOption', kind: 'input', field })
  })

  it('the cache is in SAFE_CACHE', async () => {
    const opened = right(await openEndpoint({ address: address(), env: { SAFE_CACHE: cache } })())
    right(await opened.chat(question())())
    expect(entries()[0]).toContain(join(cache, 'endpoint'))
  })

  it('an address may be given by its parts, which are checked', async () => {
    expect((await ask({ address: { url: server.url, model: 'judge' } })).text).toBe('yes')
    const bad = await openEndpoint({ address: { url: 'ftp://x', model: 'judge' } })()
    expect(left(bad)._tag).toBe('BadOption')
  })
})
