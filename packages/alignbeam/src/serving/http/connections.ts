/** The node server under the routes: limits of headers and slow bodies, bytes that are not HTTP, and how it ends. */
import { type Server, type ServerResponse, STATUS_CODES, createServer } from 'node:http'
import type { Duplex } from 'node:stream'
import { getRequestListener } from '@hono/node-server'
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Bindings } from './app'
import { type Problem, badRequest, errorBody, internalError, problemResponse } from './problem'
import type { HttpSettings } from './serverOptions'
import { type RequestRecord, type Trace, traced } from './trace'

// model ------------------------------------------------------------------------------------------

/** What is called for each request, and told of each. */
export interface RequestHandling {
  readonly fetch: (request: Request, bindings: Bindings) => Response | Promise<Response>
  readonly onEnd: (record: RequestRecord) => void
  /** @param code Node's: `HPE_INVALID_METHOD`, `ERR_HTTP_REQUEST_TIMEOUT` */
  readonly onMalformed: (code: string) => void
  readonly isDraining: () => boolean
}

/** A node server with the responses that are open. */
export interface Connections {
  readonly server: Server
  readonly open: ReadonlySet<ServerResponse>
}

// bytes that are not HTTP ------------------------------------------------------------------------

const codeOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : 'unknown'

const malformed = (code: string): Problem =>
  code === 'HPE_HEADER_OVERFLOW'
    ? badRequest('the headers are too large', 'headers_too_large', { status: 431 })
    : code === 'HPE_CHUNK_EXTENSIONS_OVERFLOW'
      ? badRequest('the chunk extensions are too large', 'request_too_large', { status: 413 })
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? badRequest('the request took too long to arrive', 'request_timeout', { status: 408 })
        : badRequest('the request is not valid HTTP', 'invalid_http')

const rawResponse = (problem: Problem): string => {
  const body = JSON.stringify(errorBody(problem))
  return [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status] ?? ''}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n')
}

// constructors -----------------------------------------------------------------------------------

const headerBytes = 16 * 1024
/** Longer than the idle time of usual proxies and clients, so that they close first. */
const keepAliveMs = 65_000

/** A server that does not listen yet. */
export const makeConnections = (
  settings: Pick<HttpSettings, 'bodyTimeout' | 'requestTimeout'>,
  { fetch, onEnd, onMalformed, isDraining }: RequestHandling,
): Connections => {
  const bodyMs = settings.bodyTimeout * 1000
  const open = new Set<ServerResponse>()
  const answering = new WeakMap<Duplex, ServerResponse>()

  const refuse =
    (trace: Trace) =>
    (cause: unknown): Response => {
      const isTheirs = cause instanceof Error && cause.name === 'RequestError'
      const problem = isTheirs
        ? badRequest('the path or the Host header is not valid', 'invalid_http')
        : internalError
      trace.note({ problem, ...(isTheirs ? {} : { fault: failure('ServerFailed', causeLine(cause)) }) })
      return problemResponse(problem)
    }

  const server = createServer(
    {
      maxHeaderSize: headerBytes,
      requestTimeout: bodyMs,
      headersTimeout: bodyMs,
      keepAliveTimeout: keepAliveMs,
      connectionsCheckingInterval: Math.max(50, Math.min(5000, bodyMs / 4)),
    },
    (incoming, outgoing) => {
      open.add(outgoing)
      answering.set(incoming.socket, outgoing)
      const trace = traced(incoming, outgoing, (record) => {
        open.delete(outgoing)
        onEnd(record)
      })
      outgoing.setHeader('x-request-id', trace.id)
      if (isDraining()) outgoing.setHeader('connection', 'close')
      void getRequestListener((request) => fetch(request, { incoming, trace }), {
        overrideGlobalObjects: false,
        errorHandler: refuse(trace),
      })(incoming, outgoing)
    },
  )
  server.on('clientError', (cause, socket) => {
    const code = codeOf(cause)
    const isAnswered = answering.get(socket)?.headersSent === true
    if (code.startsWith('HPE_') || code === 'ERR_HTTP_REQUEST_TIMEOUT') onMalformed(code)
    if (!socket.writable || isAnswered || code === 'ECONNRESET') socket.destroy()
    else socket.end(rawResponse(malformed(code)), () => socket.destroy())
  })
  // A client that stops reading holds its connection no longer than a request may take.
  server.setTimeout(Math.ceil(settings.requestTimeout * 1000 + bodyMs))
  return { server, open }
}

// listening --------------------------------------------------------------------------------------

const listenFault = (cause: unknown, { host, port }: Pick<HttpSettings, 'host' | 'port'>): Fault => {
  const code = codeOf(cause)
  return code === 'EADDRINUSE'
    ? badInput('BadOption', `${port} is in use on ${host}`, {
        field: 'port',
        remedy: 'give another one, or 0 for a free one',
      })
    : code === 'EACCES'
      ? badInput('BadOption', `${port} may not be used`, { field: 'port', remedy: 'give one above 1023' })
      : code === 'ENOTFOUND' || code === 'EADDRNOTAVAIL' || code === 'EAI_AGAIN'
        ? badInput('BadOption', 'is not an address of this machine', {
            field: 'host',
            remedy: 'use 127.0.0.1, or 0.0.0.0 for all',
          })
        : failure('ServerFailed', `cannot listen: ${causeLine(cause)}`)
}

/** Begins to listen. @returns the port; left `BadOption` where host or port cannot be used */
export const listen =
  (server: Server, settings: Pick<HttpSettings, 'host' | 'port'>): TE.TaskEither<Fault, number> =>
  () =>
    new Promise((resolve) => {
      const onError = (cause: Error): void => resolve(E.left(listenFault(cause, settings)))
      server.once('error', onError)
      server.listen(settings.port, settings.host, () => {
        server.off('error', onError)
        const address = server.address()
        resolve(
          typeof address === 'object' && address !== null
            ? E.right(address.port)
            : E.left(failure('ServerFailed', 'listens at no port')),
        )
      })
    })
