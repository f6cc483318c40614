/** One line per request. It has no header, no key, no path as it was sent, and no prompt or completion unless they are asked for. */
import { faultLine, oneLine } from '@safe/tensor-core/contracts'
import type { LogFormat } from './serverOptions'
import type { RequestRecord } from './trace'

// model ------------------------------------------------------------------------------------------

/** A line of the log, before it is text. Undefined fields are left out. */
export interface LogLine {
  readonly time: string
  readonly level: 'info' | 'warn' | 'error'
  readonly message: string
  readonly [field: string]: unknown
}

// constructors -----------------------------------------------------------------------------------

const levelOf = (status: number): LogLine['level'] =>
  status >= 500 ? 'error' : status >= 400 ? 'warn' : 'info'

/** The line of a request that has ended. */
export const requestLine = (time: Date, record: RequestRecord): LogLine => ({
  time: time.toISOString(),
  level: levelOf(record.status),
  message: 'request',
  id: record.id,
  method: record.method,
  route: record.route,
  status: record.status,
  ms: Math.round(record.seconds * 1000),
  model: record.model,
  streamed: record.streamed,
  firstTextMs: record.firstTextSeconds === undefined ? undefined : Math.round(record.firstTextSeconds * 1000),
  promptTokens: record.promptTokens,
  cachedTokens: record.cachedTokens,
  completionTokens: record.completionTokens,
  cancelled: record.cancelled ? true : undefined,
  code: record.problem?.code ?? undefined,
  error: record.fault === undefined ? record.problem?.message : faultLine(record.fault),
  prompts: record.texts?.prompts,
  completions: record.texts?.completions,
})

// destructors ------------------------------------------------------------------------------------

const fieldText = (value: unknown): string =>
  typeof value === 'string' && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)

/** The line as text, without its line end: JSON, or `TIME LEVEL MESSAGE name=value ...`. */
export const lineText = (format: LogFormat, line: LogLine): string => {
  if (format === 'json') return JSON.stringify(line)
  const { time, level, message, ...rest } = line
  const fields = Object.entries(rest).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${fieldText(value)}`],
  )
  return oneLine([time, level.toUpperCase(), message, ...fields].join(' '))
}

/** Keys below this length are words that a line may contain by chance. */
const shortestSecret = 8

/** Takes the server's key out of a line, wherever it came from: prompts may be logged, and a client may send its key in one. */
export const withoutSecret =
  (key: string | undefined) =>
  (text: string): string =>
    key === undefined || key.length < shortestSecret ? text : text.replaceAll(key, '[key]')
