/** An OpenAI-compatible server in front of an engine. */
import type { Fault } from '@safe/tensor-core/contracts'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Stop } from './answering'
import { securityWarnings } from './apiKey'
import { makeApp } from './app'
import { type Connections, listen, makeConnections } from './connections'
import { drained } from './drain'
import { makeGate } from './gate'
import { makeMetrics } from './metrics'
import { shuttingDown } from './problem'
import { type LogLine, lineText, requestLine, withoutSecret } from './requestLog'
import type { HttpSettings } from './serverOptions'
import type { EngineSource } from './source'

// model ------------------------------------------------------------------------------------------

/** A server that listens. */
export interface HttpServer {
  readonly host: string
  /** The port it listens on; the one that was free where 0 was asked for. */
  readonly port: number
  /** `http://127.0.0.1:8080` */
  readonly url: string
  /** What its owner should know; also available before it listens, as `securityWarnings`. */
  readonly warnings: ReadonlyArray<string>
  /**
   * Answers new requests with 503, lets open ones finish for up to `drainTimeout`, then closes all connections. The engine is not
   * disposed. A second call waits for the first.
   */
  readonly close: TE.TaskEither<Fault, void>
}

// constructors -----------------------------------------------------------------------------------

const urlOf = (host: string, port: number): string =>
  `http://${host.includes(':') ? `[${host}]` : host}:${port}`

const closing = (connections: Connections, limit: number, open: Set<Stop>, onStart: () => void) => {
  const state: { promise?: Promise<void> } = {}
  return pipe(
    () => {
      onStart()
      state.promise ??= drained(connections, limit, () => {
        for (const stop of [...open]) stop(shuttingDown)
      })()
      return state.promise
    },
    TE.fromTask<void, Fault>,
  )
}

/** Listens and answers. Left `BadOption` where host or port cannot be used. */
export const serveHttp = (source: EngineSource, settings: HttpSettings): TE.TaskEither<Fault, HttpServer> => {
  const state = { isDraining: false }
  const isDraining = (): boolean => state.isDraining
  const gate = makeGate(settings)
  const metrics = makeMetrics(gate.state, source)
  const open = new Set<Stop>()
  const withoutKey = withoutSecret(settings.apiKey)
  const log = (line: LogLine): void => settings.log(withoutKey(lineText(settings.logFormat, line)))
  const app = makeApp({
    settings,
    answering: {
      answerer: { gate, source },
      requestTimeout: settings.requestTimeout,
      logPrompts: settings.logPrompts,
      open,
    },
    metrics,
    isDraining,
  })
  const connections = makeConnections(settings, {
    fetch: (request, bindings) => app.fetch(request, bindings),
    onEnd: (record) => {
      metrics.request(record)
      log(requestLine(new Date(), record))
    },
    onMalformed: (code) => {
      metrics.malformed()
      log({ time: new Date().toISOString(), level: 'warn', message: 'malformed', code })
    },
    isDraining,
  })
  return pipe(
    listen(connections.server, settings),
    TE.map((port): HttpServer => ({
      host: settings.host,
      port,
      url: urlOf(settings.host, port),
      warnings: securityWarnings(settings.host, settings.apiKey),
      close: closing(connections, settings.drainTimeout, open, () => {
        state.isDraining = true
      }),
    })),
  )
}
