/** The names a server answers to, and bytes of one connection that two readers could take for different requests. */
import { connect } from 'node:net'
import { hostCheck } from '../src/serving/http/hostCheck'
import { fakeEngine } from './fixtures/fakeEngine'
import { type RunningServer, closeServers, startServer } from './fixtures/httpServer'

afterAll(closeServers)

/** What a server says to bytes; the connection is ended when it has answered. */
const said = (server: RunningServer, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    const parts: Array<string> = []
    const socket = connect(server.port, server.host)
    socket.setEncoding('latin1')
    socket.on('data', (part: string) => {
      parts.push(part)
      socket.end()
    })
    socket.on('error', () => undefined)
    socket.on('close', () => resolve(parts.join('')))
    socket.write(bytes, 'latin1')
  })
const statusOf = (answer: string): number => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1])
const asked = (host: string, path = '/v1/models'): string => `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`

describe('the Host header', () => {
  const passes = (settings: Partial<Parameters<typeof hostCheck>[0]>, header: string | undefined): boolean =>
    hostCheck({ host: '127.0.0.1', apiKey: undefined, allowHosts: [], ...settings })(header)._tag === 'Right'

  it.each([
    'localhost',
    'LOCALHOST:80',
    '127.0.0.1:8080',
    '127.9.9.9',
    '[::1]:8080',
    'a.localhost',
    'localhost.:1',
  ])('%s is this machine', (header) => {
    expect(passes({}, header)).toBe(true)
    expect(passes({ host: '::1' }, header)).toBe(true)
  })
  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    '127.0.0.1.evil.example',
    '[::1].evil.example',
    '192.168.0.1',
    '',
    undefined,
  ])('%s is not', (header) => {
    expect(passes({}, header)).toBe(false)
  })
  it('may be any name where the server has a key, listens elsewhere, or is told', () => {
    expect(passes({ apiKey: 'k' }, 'evil.example')).toBe(true)
    expect(passes({ host: '0.0.0.0' }, 'evil.example')).toBe(true)
    expect(passes({ allowHosts: ['Models.Example'] }, 'models.example:443')).toBe(true)
    expect(passes({ allowHosts: ['models.example'] }, 'x.models.example')).toBe(false)
  })
  it('of another site gets nothing from any path', async () => {
    const server = await startServer(fakeEngine())
    for (const path of ['/', '/v1/models', '/v1/chat/completions', '/metrics', '/healthz', '/x']) {
      const answer = await said(server, asked('evil.example', path))
      expect([path, statusOf(answer)]).toEqual([path, 403])
      expect(answer).toContain('"code":"host_not_allowed"')
    }
    expect(statusOf(await said(server, asked('localhost')))).toBe(200)
  })
})

it('headers that come too slowly are not waited for', async () => {
  const server = await startServer(fakeEngine(), { bodyTimeout: 0.2 })
  const answer = await said(server, 'POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nX-Slow: a')
  expect(statusOf(answer)).toBe(408)
  expect(answer).toContain('"code":"request_timeout"')
})

describe('one connection', () => {
  const head = 'POST /v1/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n'
  const hidden = 'GET /v1/models HTTP/1.1\r\nHost: localhost\r\n\r\n'

  it.each([
    ['two lengths', `${head}Content-Length: 4\r\nContent-Length: 5\r\n\r\n{}  x`],
    [
      'a length and chunks',
      `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`,
    ],
    ['chunks that are not last', `${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${hidden}`],
    ['a blank before the colon', `${head}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a folded header', `${head}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${hidden}`],
    ['a bare line feed', `${head}Content-Length: 2\n\n{}${hidden}`],
    [
      'a chunk length that is no number',
      `${head}Transfer-Encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n${hidden}`,
    ],
  ])('with %s is refused, and what follows is not answered', async (_, bytes) => {
    const server = await startServer(fakeEngine())
    const answer = await said(server, bytes)
    expect(statusOf(answer)).toBe(400)
    expect(answer).not.toContain('"object":"list"')
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })
})
