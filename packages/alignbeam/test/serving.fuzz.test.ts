import { type Socket, connect } from 'node:net'
import { stream } from '@safe/tensor-core/random'
import { fakeEngine } from './fixtures/fakeEngine'
import { type RunningServer, chat, closeServers, post, startServer } from './fixtures/httpServer'

afterAll(closeServers)

const maxBody = 4096
const draw = stream(2026, 'malformed requests')
const pick = <A>(values: ReadonlyArray<A>): A => values[draw.integer(values.length)]!

// parts ------------------------------------------------------------------------------------------

/** Values that no field takes. */
const values = [
  '{}',
  '[[[]]]',
  '-1',
  '1e999',
  '-0.5e-7',
  '99999999999999999999999',
  '"\\ud800"',
  '"\\u0000"',
  '"\u202e\ufffe"',
  '{"__proto__":{"x":1}}',
  '[null]',
  'false1',
  '"',
  `${'['.repeat(900)}${']'.repeat(900)}`,
  `${'{"a":'.repeat(400)}1${'}'.repeat(400)}`,
]
const fields = [
  'model',
  'messages',
  'temperature',
  'n',
  'stop',
  'seed',
  'alpha',
  'beams',
  'max_tokens',
  'top_p',
]
const badField = (): string => {
  const value = pick(values)
  // A string is allowed for some of the fields, and any whole number is a seed.
  const refused = fields.filter((field) => value !== '-1' || field !== 'seed')
  const name = pick(value.length > 1 && value.startsWith('"') ? ['temperature', 'n'] : refused)
  const good = JSON.stringify(chat('hi')).slice(1, -1)
  return pick([`{${good},"${name}":${value}}`, `{"${name}":${value}}`])
}
const broken = (): string => {
  const good = JSON.stringify(chat('some words', { n: 1 }))
  const at = draw.integer(good.length - 1)
  return pick([
    good.slice(0, at),
    `${good.slice(0, at)}\u0007${good.slice(at + 1)}\u0007`,
    '',
    'null',
    '[]',
    '"x"',
  ])
}
const bodies = [badField, broken, () => 'x'.repeat(maxBody + 1 + draw.integer(3000))]
const paths = ['/v1/chat/completions', '/v1/completions', '/v1/chat/completions?x=%zz']

const head = (path: string, headers: ReadonlyArray<string>): string =>
  [`POST ${path} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json', ...headers, '', ''].join(
    '\r\n',
  )

const bytes = (length: number): string =>
  Array.from({ length }, () => String.fromCharCode(draw.integer(256))).join('')

/** Bytes as characters: what stands in the text goes over the wire as it is. */
const utf8 = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** Requests that are complete, or wrong from the start: the server must answer. */
const complete: ReadonlyArray<() => string> = [
  () => {
    const body = utf8(pick(bodies)())
    return head(pick(paths), [`Content-Length: ${body.length}`]) + body
  },
  () => {
    const body = utf8(pick(bodies)())
    return `${head(pick(paths), ['Transfer-Encoding: chunked'])}${body === '' ? '' : `${body.length.toString(16)}\r\n${body}\r\n`}0\r\n\r\n`
  },
  () =>
    `${head(pick(paths), ['Transfer-Encoding: chunked'])}${pick(['zz', '-5', 'fffffffffffffffff'])}\r\nab`,
  () => head(pick(paths), [`Content-Length: ${pick(['-1', 'x', '1e3', '5, 6', '99999999999999999999'])}`]),
  () => head(pick(paths), ['Content-Length: 5', 'Transfer-Encoding: chunked']),
  () => head(pick(paths), [`X-Large: ${'y'.repeat(20_000)}`]),
  () =>
    head(pick(paths), [
      ...Array.from({ length: 50 }, (_, i) => `X-${i}: ${bytes(5).replace(/[\r\n]/g, '')}`),
      'Content-Length: 0',
    ]),
  () =>
    head(pick(['/\\', '//', '/%00', '/../../etc', '*', 'x', '/\u00e9', `/${'a'.repeat(9000)}`]), [
      'Content-Length: 0',
    ]),
  () =>
    `${pick(['GET', 'PUT', 'DELETE', 'TRACE', 'OPTIONS', 'PATCH'])} /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\n\r\n`,
  () =>
    `POST /v1/completions HTTP/1.1\r\n${pick(['X: y', 'Host: a b', 'Host: \u0001', 'Host: x@y:1:2', 'Host: [', 'Host:'])}\r\nContent-Length: 0\r\n\r\n`,
  () => `POST /v1/completions HTTP/${pick(['3', '1.1.1', 'x'])}\r\nHost: localhost\r\n\r\n`,
  () =>
    `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${pick(['text/plain', '', 'application/xml', 'json'])}\r\nContent-Length: 2\r\n\r\n{}`,
  () =>
    `POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}`,
  () => 'CONNECT x:1 HTTP/1.1\r\nHost: localhost\r\n\r\n',
]
/** Requests whose client leaves in the middle. */
const cut: ReadonlyArray<() => string> = [
  () => head(pick(paths), [`Content-Length: ${10 + draw.integer(5000)}`]) + broken().slice(0, 9),
  () => `${head(pick(paths), ['Transfer-Encoding: chunked'])}5\r\nab`,
  () => head(pick(paths), ['Content-Length: 0']).slice(0, 5 + draw.integer(60)),
  () => bytes(1 + draw.integer(300)),
]

/** What a server says; the client leaves after its words, or once it is answered. */
const exchange = (server: RunningServer, text: string, leaves: boolean): Promise<string> =>
  new Promise((resolve) => {
    const said: Array<string> = []
    const socket: Socket = connect(server.port, server.host)
    socket.setEncoding('latin1')
    socket.once('data', () => setTimeout(() => socket.end(), 5))
    socket.on('data', (chunk: string) => said.push(chunk))
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(said.join('')))
    if (leaves) socket.end(text, 'latin1')
    else socket.write(text, 'latin1')
  })

// tests ------------------------------------------------------------------------------------------

describe('2,000 malformed requests', () => {
  it('are answered with 4xx or closed, and the server goes on', async () => {
    const engine = fakeEngine()
    const server = await startServer(engine, { maxBody })
    const seen = new Map<string, number>()
    for (let round = 0; round < 100; round++) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, async () => {
          const leaves = draw.uniform() < 0.2
          const text = pick(leaves ? cut : complete)()
          return { text, said: await exchange(server, text, leaves) }
        }),
      )
      for (const { text, said } of answers) {
        const status = /^HTTP\/1\.1 (\d{3}) /.exec(said)?.[1] ?? 'closed'
        seen.set(status, (seen.get(status) ?? 0) + 1)
        if (!/^(4\d\d|closed)$/.test(status))
          throw new Error(`${status} to ${JSON.stringify(text.slice(0, 300))}`)
        if (status !== 'closed' && said.includes('\r\n\r\n{')) {
          const body: unknown = JSON.parse(
            Buffer.from(said.slice(said.indexOf('\r\n\r\n')), 'latin1').toString(),
          )
          expect(body).toMatchObject({
            error: { message: expect.any(String) as string, code: expect.any(String) as string },
          })
        }
      }
    }
    for (const status of ['400', '404', '405', '413', '415', '431', 'closed'])
      expect([status, seen.get(status) ?? 0]).not.toEqual([status, 0])
    expect(engine.asked).toEqual([])
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200)
    const good = await post(server, '/v1/chat/completions', chat('still there'))
    expect(await good.text()).toContain('0:still there')
  })
})
