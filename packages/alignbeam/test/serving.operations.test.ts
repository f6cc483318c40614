import { failure } from '@safe/tensor-core/contracts'
import { securityWarnings, serverKey } from '../src/serving/http/apiKey'
import { Hono } from 'hono'
import * as E from 'fp-ts/Either'
import { fakeEngine } from './fixtures/fakeEngine'
import { chat, closeServers, parsed, post, startServer, until } from './fixtures/httpServer'

afterAll(closeServers)

const key = 'sk-the-key-of-this-server'
const secret = 'the-prompt-is-private'

describe('the key', () => {
  it('is needed for the API and the metrics, not for the health checks', async () => {
    const server = await startServer(fakeEngine(), { apiKey: key })
    const status = async (path: string, authorization?: string) =>
      (await fetch(`${server.url}${path}`, { headers: authorization === undefined ? {} : { authorization } }))
        .status
    for (const path of ['/v1/models', '/metrics']) {
      expect(await status(path)).toBe(401)
      expect(await status(path, key)).toBe(401)
      expect(await status(path, `Bearer ${key}x`)).toBe(401)
      expect(await status(path, `Basic ${key}`)).toBe(401)
      expect(await status(path, `bearer  ${key}`)).toBe(200)
    }
    expect(await status('/healthz')).toBe(200)
    expect(await status('/readyz')).toBe(200)
    const refused = await post(server, '/v1/chat/completions', '{ not even json')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('www-authenticate')).toBe('Bearer')
    expect(await refused.json()).toEqual({
      error: {
        message: 'a key is required: send the header `Authorization: Bearer KEY`',
        type: 'invalid_request_error',
        param: null,
        code: 'missing_api_key',
      },
    })
  })

  it('is read from a variable that must be set', () => {
    expect(serverKey({}, undefined)).toEqual(E.right(undefined))
    expect(serverKey({ KEY: ` ${key}\n` }, 'KEY')).toEqual(E.right(key))
    expect(serverKey({}, 'KEY')).toMatchObject({ left: { kind: 'input', field: 'apiKeyEnv' } })
    expect(serverKey({}, key)).toMatchObject({ left: { kind: 'input' } })
    expect(JSON.stringify(serverKey({}, key))).not.toContain(key)
  })

  it('is missed where others can reach the server', () => {
    expect(securityWarnings('127.0.0.1', undefined)).toEqual([])
    expect(securityWarnings('::1', undefined)).toEqual([])
    expect(securityWarnings('0.0.0.0', undefined)).toEqual([expect.stringContaining('it has no key')])
    expect(securityWarnings('10.0.0.1', key)).toEqual([expect.stringContaining('in the clear')])
  })
})

describe('the log', () => {
  const traffic = async (logPrompts: boolean, logFormat: 'json' | 'text') => {
    const server = await startServer(fakeEngine(), { apiKey: key, logPrompts, logFormat })
    const headers = { authorization: `Bearer ${key}` }
    await (await post(server, '/v1/chat/completions', chat(secret), { headers })).text()
    await (
      await post(server, '/v1/chat/completions', chat(`${secret} ${key}`, { stream: true }), { headers })
    ).text()
    await post(server, '/v1/chat/completions', chat(secret, { temperature: secret }), { headers })
    await post(server, '/v1/chat/completions', chat('hi', { model: secret }), { headers })
    await post(server, '/v1/chat/completions', chat(secret), {
      headers: { authorization: 'Bearer a-wrong-key' },
    })
    await fetch(`${server.url}/v1/models/${secret}?key=${key}`, { headers })
    await until(() => server.lines.length === 6)
    return server.lines
  }

  it('has a line per request, without keys, prompts, completions or paths as they were sent', async () => {
    const lines = await traffic(false, 'json')
    const text = lines.join('\n')
    for (const hidden of [key, secret, 'a-wrong-key', 'Bearer']) expect(text).not.toContain(hidden)
    const all = parsed(lines)
    expect(all[0]).toMatchObject({
      level: 'info',
      message: 'request',
      method: 'POST',
      route: '/v1/chat/completions',
      status: 200,
      model: 'alignbeam',
      promptTokens: 7,
      completionTokens: 2,
    })
    expect(Object.keys(all[0] ?? {})).toEqual(
      expect.arrayContaining(['time', 'id', 'ms', 'firstTextMs', 'cachedTokens']),
    )
    expect(all[1]).toMatchObject({ status: 200, streamed: true })
    expect(all.map(({ status, code }) => [status, code]).slice(2)).toEqual([
      [400, 'invalid_value'],
      [404, 'model_not_found'],
      [401, 'invalid_api_key'],
      [404, 'model_not_found'],
    ])
    expect(all[5]).toMatchObject({ route: '/v1/models/:id', level: 'warn' })
  })

  it('has prompts and completions where they are asked for, and still no key', async () => {
    const lines = await traffic(true, 'json')
    expect(parsed(lines)[0]).toMatchObject({
      prompts: [{ kind: 'messages', messages: [{ role: 'user', content: secret }] }],
      completions: [`0:${secret}`],
    })
    expect(lines.join('\n')).not.toContain(key)
    expect(lines[1]).toContain('[key]')
  })

  it('can be plain text, one line each', async () => {
    const lines = await traffic(false, 'text')
    expect(lines[0]).toMatch(
      /^\d{4}-\S+ INFO request id=req_\w+ method=POST route=\/v1\/chat\/completions status=200 ms=\d+ /,
    )
    expect(lines.every((line) => !line.includes('\n') && !line.includes(secret))).toBe(true)
  })
})

describe('the metrics', () => {
  /** `name{label="x"} 3` by its name and labels. */
  const read = (text: string): ReadonlyMap<string, number> =>
    new Map(
      text
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#'))
        .map((line) => {
          const at = line.lastIndexOf(' ')
          const value = Number(line.slice(at + 1))
          if (!/^[a-z0-9_]+(\{[^}]*\})? /.test(line) || (Number.isNaN(value) && !line.endsWith('Nan')))
            throw new Error(`not a metric: ${line}`)
          return [line.slice(0, at), value] as const
        }),
    )

  it('count requests, tokens, waiting and the work of the engine', async () => {
    const state: { hangs: boolean } = { hangs: false }
    const engine = fakeEngine(() => ({ texts: ['a', 'b'], hangs: state.hangs }))
    const server = await startServer(engine, { maxConcurrency: 1, maxQueue: 1 })
    await (await post(server, '/v1/chat/completions', chat('hi'))).text()
    await (await post(server, '/v1/completions', { model: 'alignbeam', prompt: 'x', stream: true })).text()
    await post(server, '/v1/chat/completions', '{')
    await fetch(`${server.url}/${'x'.repeat(500)}`)
    state.hangs = true
    const leaving = new AbortController()
    const all = [1, 2].map(() =>
      post(server, '/v1/chat/completions', chat('hi'), { signal: leaving.signal }).catch(() => undefined),
    )
    await until(() => engine.asked.length === 3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await post(server, '/v1/chat/completions', chat('hi'))).status).toBe(429)
    const response = await fetch(`${server.url}/metrics`)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const metrics = read(await response.text())
    const expected = {
      'alignbeam_requests_total{route="/v1/chat/completions",status="200"}': 1,
      'alignbeam_requests_total{route="/v1/completions",status="200"}': 1,
      'alignbeam_requests_total{route="/v1/chat/completions",status="400"}': 1,
      'alignbeam_requests_total{route="other",status="404"}': 1,
      'alignbeam_request_duration_seconds_count{route="/v1/completions"}': 1,
      'alignbeam_time_to_first_token_seconds_count{route="/v1/completions"}': 1,
      alignbeam_prompt_tokens_total: 14,
      alignbeam_completion_tokens_total: 4,
      alignbeam_completions_running: 1,
      alignbeam_requests_waiting: 1,
      alignbeam_requests_rejected_total: 1,
      alignbeam_engine_up: 1,
      alignbeam_engine_rows: 3,
      alignbeam_engine_steps_total: 40,
      alignbeam_engine_decoded_tokens_total: 70,
    }
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, metrics.get(name)]))).toEqual(
      expected,
    )
    expect(metrics.has('alignbeam_process_resident_memory_bytes')).toBe(true)
    leaving.abort()
    await Promise.all(all)
    await until(() => server.lines.length === 8)
    const later = read(await (await fetch(`${server.url}/metrics`)).text())
    expect(later.get('alignbeam_requests_cancelled_total')).toBe(2)
    expect(later.get('alignbeam_engine_steps_total')).toBe(40)
    expect(later.get('alignbeam_completions_running')).toBe(0)
  })

  it('of two servers are apart, and stand without an engine', async () => {
    const first = await startServer(fakeEngine())
    const second = await startServer({ current: () => E.left(failure('Starting', 'wait')) })
    await fetch(`${first.url}/v1/models`)
    const metrics = read(await (await fetch(`${second.url}/metrics`)).text())
    expect(metrics.get('alignbeam_requests_total{route="/v1/models",status="200"}')).toBeUndefined()
    expect(metrics.get('alignbeam_engine_up')).toBe(0)
  })
})

describe('the paths', () => {
  it('refuse other methods and unknown paths in the shape of the API', async () => {
    const server = await startServer(fakeEngine())
    const wrong = await fetch(`${server.url}/v1/chat/completions`)
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'POST'])
    expect(await wrong.json()).toMatchObject({ error: { code: 'method_not_allowed', param: null } })
    const unknown = await post(server, '/v1/embeddings', {})
    expect(unknown.status).toBe(404)
    expect(await unknown.json()).toMatchObject({ error: { code: 'unknown_url' } })
    expect((await fetch(`${server.url}/healthz`, { method: 'HEAD' })).status).toBe(200)
  })

  it('leave `/` to the page', async () => {
    const page = new Hono().get('/', (c) => c.html('<p>page</p>')).get('/v1/models', (c) => c.text('taken'))
    const server = await startServer(fakeEngine(), { page, ui: true, apiKey: key })
    expect(await (await fetch(`${server.url}/`)).text()).toBe('<p>page</p>')
    expect((await fetch(`${server.url}/v1/models`)).status).toBe(401)
    expect((await fetch(`${server.url}/other`)).status).toBe(404)
    const bare = await startServer(fakeEngine())
    expect((await fetch(`${bare.url}/`)).status).toBe(404)
  })
})
