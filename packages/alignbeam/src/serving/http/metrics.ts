/** Prometheus metrics of one server: its requests, its queue, and what its engine does. */
import * as E from 'fp-ts/Either'
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'
import type { Gauges } from '../contract'
import type { GateState } from './gate'
import type { EngineSource } from './source'
import type { RequestRecord } from './trace'

// model ------------------------------------------------------------------------------------------

export interface Metrics {
  readonly request: (record: RequestRecord) => void
  /** A connection whose bytes are not HTTP, or come too slowly. */
  readonly malformed: () => void
  /** The text that Prometheus reads. */
  readonly text: () => Promise<string>
  readonly contentType: string
}

// names ------------------------------------------------------------------------------------------

const durations = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

const engineGauges: Readonly<Record<'running' | 'waiting' | 'rows', string>> = {
  running: 'Completions that the engine is computing',
  waiting: 'Completions that wait for a place in the batch',
  rows: 'Rows (beams) in the batch',
}
const engineCounters: Readonly<
  Record<'steps' | 'promptTokens' | 'cachedTokens' | 'decodedTokens', readonly [string, string]>
> = {
  steps: ['steps', 'Decoding steps since the models were opened'],
  promptTokens: ['prompt_tokens', 'Prompt tokens computed since the models were opened'],
  cachedTokens: ['cached_tokens', 'Prompt tokens taken from the prefix cache since the models were opened'],
  decodedTokens: ['decoded_tokens', 'Tokens decoded over all beams since the models were opened'],
}
const keysOf = <K extends string>(table: Readonly<Record<K, unknown>>): ReadonlyArray<K> =>
  Object.keys(table).filter((key): key is K => Object.hasOwn(table, key))

// constructors -----------------------------------------------------------------------------------

/** Values that are read when Prometheus asks. A counter's value is set by emptying it first: engines count for themselves. */
const registerReadings = (registry: Registry, gate: () => GateState, source: EngineSource): void => {
  const registers = [registry]
  const gauges = (): Gauges | undefined => {
    const engine = source.current()
    return E.isRight(engine) ? engine.right.gauges() : undefined
  }
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `alignbeam_${name}`,
      help,
      registers,
      collect() {
        this.set(read())
      },
    })
  }
  gauge('completions_running', 'Completions given to the engine', () => gate().running)
  gauge('requests_waiting', 'Requests that wait for a place', () => gate().waiting)
  gauge('engine_up', '1 where the models answer, 0 where they are starting or have failed', () =>
    E.isRight(source.current()) ? 1 : 0,
  )
  for (const key of keysOf(engineGauges))
    gauge(`engine_${key}`, engineGauges[key], () => gauges()?.[key] ?? 0)
  for (const key of keysOf(engineCounters)) {
    const [name, help] = engineCounters[key]
    new Counter({
      name: `alignbeam_engine_${name}_total`,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(gauges()?.[key] ?? 0)
      },
    })
  }
}

/** The metrics of a server; each server has its own registry. */
export const makeMetrics = (gate: () => GateState, source: EngineSource): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  const counter = <L extends string = never>(name: string, help: string, labelNames: ReadonlyArray<L> = []) =>
    new Counter({ name: `alignbeam_${name}_total`, help, labelNames: [...labelNames], registers })
  const histogram = (name: string, help: string) =>
    new Histogram({
      name: `alignbeam_${name}_seconds`,
      help,
      labelNames: ['route'],
      buckets: durations,
      registers,
    })
  collectDefaultMetrics({ register: registry, prefix: 'alignbeam_' })
  registerReadings(registry, gate, source)
  const requests = counter('requests', 'Requests that have ended', ['route', 'status'])
  const rejected = counter('requests_rejected', 'Requests refused because the queue was full')
  const cancelled = counter('requests_cancelled', 'Requests whose client left')
  const malformed = counter('malformed', 'Connections with bytes that are not HTTP, or that came too slowly')
  const promptTokens = counter('prompt_tokens', 'Prompt tokens of answered requests')
  const completionTokens = counter('completion_tokens', 'Tokens of completions returned')
  const duration = histogram('request_duration', 'From the arrival of a request to the end of its response')
  const firstText = histogram('time_to_first_token', 'From the arrival of a request to its first text')
  return {
    request: (record) => {
      const { route, status } = record
      requests.inc({ route, status: String(status) })
      duration.observe({ route }, record.seconds)
      if (record.firstTextSeconds !== undefined) firstText.observe({ route }, record.firstTextSeconds)
      if (record.problem?.code === 'queue_full') rejected.inc()
      if (record.cancelled) cancelled.inc()
      promptTokens.inc(record.promptTokens ?? 0)
      completionTokens.inc(record.completionTokens ?? 0)
    },
    malformed: () => malformed.inc(),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}
