/** What is known of a request from its arrival to the last byte of its response: for the log and the metrics. */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Problem, clientGone } from './problem'
import { type Route, routeOf } from './route'

// model ------------------------------------------------------------------------------------------

/** What handlers find out about a request. */
export interface Findings {
  readonly model?: string
  readonly streamed?: boolean
  readonly promptTokens?: number
  readonly cachedTokens?: number
  readonly completionTokens?: number
  /** Seconds from arrival to the first text. */
  readonly firstTextSeconds?: number
  readonly problem?: Problem
  /** The engine's own words about a problem. */
  readonly fault?: Fault
  /** The prompts and completions, where they are to be logged. */
  readonly texts?: { readonly prompts: unknown; readonly completions: ReadonlyArray<string> }
}

/** A request that has ended. */
export interface RequestRecord extends Findings {
  readonly id: string
  readonly method: string
  readonly route: Route
  /** 499 where the client left; that of the problem where a stream failed after it had begun. */
  readonly status: number
  readonly seconds: number
  readonly cancelled: boolean
}

/** A request in progress. */
export interface Trace {
  readonly id: string
  readonly note: (findings: Findings) => void
  /** Seconds since arrival. */
  readonly seconds: () => number
  /** Calls back once the connection closes before the response is complete; at once where it has. */
  readonly onGone: (gone: () => void) => void
}

// constructors -----------------------------------------------------------------------------------

/** Begins a trace; `onEnd` is called once, when the response is complete or its connection closed. */
export const traced = (
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  onEnd: (record: RequestRecord) => void,
): Trace => {
  const arrived = performance.now()
  const id = `req_${randomUUID().replaceAll('-', '')}`
  const state: { findings: Findings; isGone: boolean } = { findings: {}, isGone: false }
  const gone = new Set<() => void>()
  const seconds = (): number => (performance.now() - arrived) / 1000
  outgoing.once('close', () => {
    const isCut = !outgoing.writableFinished
    if (isCut) {
      state.isGone = true
      for (const one of gone) one()
      gone.clear()
    }
    const { problem } = state.findings
    const cancelled = problem === clientGone || (isCut && problem === undefined)
    onEnd({
      ...state.findings,
      id,
      method: incoming.method ?? '',
      route: routeOf(incoming.url ?? ''),
      status: cancelled ? clientGone.status : (problem?.status ?? outgoing.statusCode),
      seconds: seconds(),
      cancelled,
    })
  })
  return {
    id,
    seconds,
    note: (findings) => {
      state.findings = { ...state.findings, ...findings }
    },
    onGone: (then) => {
      if (state.isGone) then()
      else gone.add(then)
    },
  }
}
