import { connect } from 'node:net'
import { failure, interrupted } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import type { Engine } from '../src/serving/contract'
import { echo, fakeEngine } from './fixtures/fakeEngine'
import {
  chat,
  chatLines,
  closeServers,
  parsed,
  post,
  startServer,
  until,
  untilWaiting,
} from './fixtures/httpServer'

afterAll(closeServers)

const errorOf = async (response: Response): Promise<Readonly<Record<string, unknown>>> =>
  ((await response.json()) as { error: Readonly<Record<string, unknown>> }).error
const textOf = async (response: Response): Promise<string> =>
  ((await response.json()) as { choices: ReadonlyArray<{ message: { content: string } }> }).choices
    .map(({ message }) => message.content)
    .join('|')
/** The choices of a stream, as `textOf` shows those of a response. */
const streamedText = (events: string, n: number): string => {
  interface Chunk {
    readonly choices: ReadonlyArray<{ readonly index: number; readonly delta: { readonly content?: string } }>
  }
  const choices = events
    .split('\n\n')
    .filter((event) => event.startsWith('data: {'))
    .flatMap((event) => (JSON.parse(event.slice('data: '.length)) as Chunk).choices)
  return Array.from({ length: n }, (_, k) =>
    choices
      .filter(({ index }) => index === k)
      .map(({ delta }) => delta.content ?? '')
      .join(''),
  ).join('|')
}
const endless = () => ({ texts: ['begun'], hangs: true })

describe('the queue', () => {
  it('gives 64 clients at once their own answers, and the engine no more than it takes', async () => {
    const engine = fakeEngine((ask) => ({ ...echo(ask), pause: 1 }))
    const server = await startServer(engine, { maxConcurrency: 5 })
    const said = (i: number): string => `client ${i} says ${'word '.repeat(i % 7)}${i}`
    const answers = await Promise.all(
      Array.from({ length: 64 }, async (_, i) => {
        const isStreamed = i % 2 === 0
        const body = chat(said(i), { n: 1 + (i % 3), stream: isStreamed })
        const response = await post(server, '/v1/chat/completions', body)
        return isStreamed ? streamedText(await response.text(), 1 + (i % 3)) : textOf(response)
      }),
    )
    answers.forEach((answer, i) => {
      const own = Array.from({ length: 1 + (i % 3) }, (_, k) => `${k}:${said(i)}`)
      expect(answer).toBe(own.join('|'))
    })
    expect(engine.mostRunning()).toBe(5)
    expect(engine.running()).toBe(0)
    expect(engine.cancelled).toEqual([])
  })

  it('refuses with 429 what it cannot hold, and takes requests again later', async () => {
    const engine = fakeEngine((ask) => ({ ...echo(ask), pause: 200 }))
    const server = await startServer(engine, { maxConcurrency: 1, maxQueue: 2 })
    const responses = await Promise.all(
      Array.from({ length: 6 }, () => post(server, '/v1/chat/completions', chat('hi'))),
    )
    expect(responses.map(({ status }) => status).sort()).toEqual([200, 200, 200, 429, 429, 429])
    const refused = responses.find(({ status }) => status === 429)!
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1)
    expect(await errorOf(refused)).toMatchObject({
      type: 'rate_limit_error',
      code: 'queue_full',
      param: null,
    })
    expect((await post(server, '/v1/chat/completions', chat('hi'))).status).toBe(200)
  })

  it('forgets a client that leaves while it waits', async () => {
    const engine = fakeEngine(endless)
    const server = await startServer(engine, { maxConcurrency: 1, maxQueue: 1 })
    const running = new AbortController()
    const waiting = new AbortController()
    const first = post(server, '/v1/chat/completions', chat('first'), { signal: running.signal }).catch(
      () => 'gone',
    )
    await until(() => engine.asked.length === 1)
    const second = post(server, '/v1/chat/completions', chat('second'), { signal: waiting.signal }).catch(
      () => 'gone',
    )
    await untilWaiting(server, 1)
    expect((await post(server, '/v1/chat/completions', chat('third'))).status).toBe(429)
    waiting.abort()
    expect(await second).toBe('gone')
    await until(() => chatLines(server).length === 2)
    running.abort()
    await first
    await until(() => chatLines(server).length === 3)
    expect(engine.asked.length).toBe(1)
    expect(engine.cancelled).toEqual([engine.asked[0]?.id])
    expect(chatLines(server).map(({ status, cancelled }) => [status, cancelled])).toEqual([
      [429, undefined],
      [499, true],
      [499, true],
    ])
  })
})

describe('a client that leaves', () => {
  it('stops the work on all its choices, streamed too', async () => {
    const engine = fakeEngine(endless)
    const server = await startServer(engine)
    const leaving = new AbortController()
    const response = await post(server, '/v1/chat/completions', chat('hi', { stream: true, n: 3 }), {
      signal: leaving.signal,
    })
    const reader = response.body!.getReader()
    await reader.read()
    expect(engine.running()).toBe(3)
    leaving.abort()
    await until(() => engine.running() === 0)
    expect([...engine.cancelled].sort()).toEqual(engine.asked.map(({ id }) => id).sort())
    await until(() => server.lines.length === 1)
    expect(parsed(server.lines)[0]).toMatchObject({ status: 499, cancelled: true, streamed: true })
  })
})

describe('time', () => {
  it('ends a request that takes too long, and gives its work up', async () => {
    const engine = fakeEngine(endless)
    const server = await startServer(engine, { requestTimeout: 0.1 })
    const response = await post(server, '/v1/chat/completions', chat('hi'))
    expect(response.status).toBe(504)
    expect(response.headers.get('x-should-retry')).toBe('false')
    expect(await errorOf(response)).toMatchObject({ type: 'server_error', code: 'timeout' })
    expect(engine.cancelled.length).toBe(1)
  })

  it('counts the wait in the queue', async () => {
    const engine = fakeEngine(endless)
    const server = await startServer(engine, { maxConcurrency: 1, requestTimeout: 0.2 })
    const statuses = await Promise.all(
      [1, 2, 3].map(async () => (await post(server, '/v1/chat/completions', chat('hi'))).status),
    )
    expect(statuses).toEqual([504, 504, 504])
    expect((await post(server, '/v1/chat/completions', chat('hi', { n: 2 }))).status).toBe(504)
    expect(engine.running()).toBe(0)
  })

  it('ends a stream with an error, and without [DONE]', async () => {
    const server = await startServer(fakeEngine(endless), { requestTimeout: 0.1 })
    const response = await post(server, '/v1/chat/completions', chat('hi', { stream: true }))
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8')
    const events = (await response.text()).trimEnd().split('\n\n')
    expect(JSON.parse(events.at(-1)!.slice('data: '.length))).toMatchObject({ error: { code: 'timeout' } })
    expect(events.join('')).not.toContain('[DONE]')
    await until(() => server.lines.length === 1)
    expect(parsed(server.lines)[0]).toMatchObject({ status: 504, level: 'error', streamed: true })
  })

  it('does not wait for a body that comes too slowly', async () => {
    const server = await startServer(fakeEngine(), { bodyTimeout: 0.2 })
    const socket = connect(server.port, server.host)
    socket.write(
      'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    )
    const said = await new Promise<string>((resolve) => {
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString())).on('close', () => resolve(text))
    })
    expect(said).toMatch(/^HTTP\/1.1 408 /)
    expect(said).toContain('"code":"request_timeout"')
    await until(() => server.lines.length === 2)
  })
})

describe('a large body', () => {
  it('is refused by its length, and where it has none once it is too long', async () => {
    const server = await startServer(fakeEngine())
    const large = JSON.stringify(chat('x'.repeat(3 * 1024 * 1024)))
    const declared = await post(server, '/v1/chat/completions', large)
    expect(declared.status).toBe(413)
    expect(await errorOf(declared)).toMatchObject({ code: 'request_too_large' })
    const chunked = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: new Blob([large]).stream(),
      duplex: 'half',
    })
    expect(chunked.status).toBe(413)
    expect((await post(server, '/v1/chat/completions', chat('hi'))).status).toBe(200)
  })
})

describe('an engine that fails', () => {
  it('is told by a status before the stream begins, and by an event after', async () => {
    const fault = failure('ModelFailed', 'out of memory', { where: '/models/secret-place' })
    const before = await startServer(fakeEngine(() => ({ texts: [], fault })))
    const early = await post(before, '/v1/chat/completions', chat('hi', { stream: true }))
    expect(early.status).toBe(502)
    const error = await errorOf(early)
    expect(error).toMatchObject({ type: 'server_error', code: 'model_failed' })
    expect(JSON.stringify(error)).not.toContain('secret-place')
    await until(() => before.lines.length === 1)
    expect(parsed(before.lines)[0]?.['error']).toContain('/models/secret-place: out of memory')
    const after = await startServer(fakeEngine(() => ({ texts: ['a'], fault })))
    const late = await (await post(after, '/v1/chat/completions', chat('hi', { stream: true }))).text()
    expect(late).toContain('"code":"model_failed"')
    expect(late).not.toContain('[DONE]')
  })

  it('stops the other choices', async () => {
    const engine = fakeEngine(({ stream }) =>
      stream === 1 ? { texts: [], fault: failure('ModelFailed', 'broke') } : endless(),
    )
    const server = await startServer(engine)
    expect((await post(server, '/v1/chat/completions', chat('hi', { n: 3 }))).status).toBe(502)
    expect(engine.cancelled.length).toBe(2)
    expect(engine.running()).toBe(0)
  })

  it('that dies fails what it was doing with a clear 5xx; the next engine answers the next request', async () => {
    const state: { engine: E.Either<ReturnType<typeof failure>, Engine>; die: () => void } = {
      engine: E.left(failure('Starting', 'the models are being opened')),
      die: () => undefined,
    }
    const server = await startServer({ current: () => state.engine })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    const starting = await post(server, '/v1/chat/completions', chat('hi'))
    expect([starting.status, starting.headers.get('retry-after')]).toEqual([503, '5'])
    expect(await errorOf(starting)).toMatchObject({ code: 'model_not_ready' })
    const mortal = fakeEngine(endless)
    state.engine = E.right({
      ...mortal,
      ask: (ask, onReply) => {
        state.die = () => onReply({ kind: 'failed', fault: interrupted('Killed', 'the process was killed') })
        return mortal.ask(ask, onReply)
      },
    })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200)
    const dying = post(server, '/v1/chat/completions', chat('hi'))
    await until(() => mortal.asked.length === 1)
    state.engine = E.left(interrupted('Restarting', 'the models are being restarted'))
    state.die()
    const died = await dying
    expect(died.status).toBe(503)
    expect(await errorOf(died)).toMatchObject({
      code: 'model_stopped',
      message: expect.stringContaining('killed') as string,
    })
    expect((await post(server, '/v1/chat/completions', chat('hi'))).status).toBe(503)
    state.engine = E.right(fakeEngine())
    expect(await textOf(await post(server, '/v1/chat/completions', chat('hi')))).toBe('0:hi')
  })

  it('that throws, or answers before its call returns, is no trouble', async () => {
    const throwing = fakeEngine()
    const server = await startServer({
      ...throwing,
      ask: () => {
        throw new Error('boom')
      },
    })
    expect((await post(server, '/v1/chat/completions', chat('hi', { n: 2 }))).status).toBe(502)
    const eager = fakeEngine((ask) => ({ ...echo(ask), pause: 'never' }))
    const quick = await startServer(eager, { maxConcurrency: 2 })
    expect(await textOf(await post(quick, '/v1/chat/completions', chat('hi', { n: 8 })))).toBe(
      [0, 1, 2, 3, 4, 5, 6, 7].map((k) => `${k}:hi`).join('|'),
    )
    expect(eager.cancelled).toEqual([])
  })
})

describe('closing', () => {
  it('finishes open streams and refuses new requests', async () => {
    const engine = fakeEngine((ask) => ({ ...echo(ask), pause: 40 }))
    const server = await startServer(engine, { drainTimeout: 10 })
    const open = await post(server, '/v1/chat/completions', chat('word '.repeat(30), { stream: true }))
    const closing = server.close()
    const late = await post(server, '/v1/chat/completions', chat('hi'))
    expect([late.status, late.headers.get('connection')]).toEqual([503, 'close'])
    expect(await errorOf(late)).toMatchObject({ code: 'shutting_down' })
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503)
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    expect(await open.text()).toContain('[DONE]')
    expect(E.isRight(await closing)).toBe(true)
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow()
    expect(E.isRight(await server.close())).toBe(true)
  })

  it('waits no longer than its limit', async () => {
    const engine = fakeEngine(endless)
    const server = await startServer(engine, { drainTimeout: 0.1 })
    const open = await post(server, '/v1/chat/completions', chat('hi', { stream: true }))
    const waiting = post(server, '/v1/chat/completions', chat('hi'))
    await until(() => engine.running() === 2)
    await server.close()
    expect(await open.text()).toContain('"code":"shutting_down"')
    expect((await waiting).status).toBe(503)
    expect(engine.running()).toBe(0)
  })

  it('closes connections that were kept open', async () => {
    const server = await startServer(fakeEngine())
    const socket = connect(server.port, server.host)
    await new Promise((resolve) => socket.once('connect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    socket.resume()
    await server.close()
    await closed
  })

  it('says which address cannot be used', async () => {
    const server = await startServer(fakeEngine())
    await expect(startServer(fakeEngine(), { port: server.port })).rejects.toThrow(/"field":"port"/)
    await expect(startServer(fakeEngine(), { host: '203.0.113.7' })).rejects.toThrow(/"field":"host"/)
  })
})
