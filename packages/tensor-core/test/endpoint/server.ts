/** A server on this machine that answers as a test says, and keeps what it was asked. */
import { type Server, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Asked {
  readonly url: string
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: Readonly<Record<string, unknown>>
}

export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  /** Objects are sent as JSON. */
  readonly body?: unknown
  /** The connection is cut after this many bytes. */
  readonly cut?: number
  /** Milliseconds before the answer. */
  readonly after?: number
}

export interface FakeServer {
  readonly url: string
  readonly asked: Asked[]
  /** Requests that are being answered, and the most there were at once. */
  readonly load: { now: number; most: number }
  /** @param n how many requests came before */
  answer: (asked: Asked, n: number) => Answer
  readonly close: () => Promise<void>
}

export const chatBody = (content: string, more: object = {}): object => ({
  model: 'served-1',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', ...more }],
})
export const textBody = (text: string, more: object = {}): object => ({
  choices: [{ index: 0, text, finish_reason: 'length', ...more }],
})
export const refusal = (message: string): object => ({ error: { message, type: 'invalid_request_error' } })

const listening = async (server: Server): Promise<string> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

export const fakeServer = async (): Promise<FakeServer> => {
  const load = { now: 0, most: 0 }
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    load.now += 1
    load.most = Math.max(load.most, load.now)
    response.on('close', () => (load.now -= 1))
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const text = Buffer.concat(parts).toString()
      const one: Asked = {
        url: request.url ?? '',
        headers: request.headers,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
      }
      asked.push(one)
      const { status = 200, headers = {}, body = '', cut, after = 0 } = fake.answer(one, asked.length - 1)
      const bytes = Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
      const send = (): void => {
        response.writeHead(status, {
          'content-type': typeof body === 'string' ? 'text/html' : 'application/json',
          'content-length': bytes.length,
          ...headers,
        })
        if (cut === undefined) response.end(bytes)
        else response.write(bytes.subarray(0, cut), () => response.destroy())
      }
      if (after === 0) send()
      else setTimeout(send, after).unref()
    })
  })
  const fake: FakeServer = {
    url: await listening(server),
    asked,
    load,
    answer: () => ({ body: chatBody('yes') }),
    close: () =>
      new Promise((done) => {
        server.closeAllConnections()
        server.close(() => done())
      }),
  }
  return fake
}
