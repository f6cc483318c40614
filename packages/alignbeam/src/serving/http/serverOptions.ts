/** The options of the HTTP server, and the settings it is started with. */
import {
  type Values,
  choice,
  commaSeparated,
  count,
  flag,
  integer,
  number,
  optional,
  text,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/options'
import type { GenerationOptions } from '@safe/tensor-core/contracts'
import type { Dial } from '../contract'

// options ----------------------------------------------------------------------------------------

export const logFormats = ['json', 'text'] as const
/** How a line of the log is written. */
export type LogFormat = (typeof logFormats)[number]

/** Timers of Node take at most 24 days; a day is enough. */
const seconds = (description: string) =>
  number(`${description}, seconds`, { min: 0, exclusiveMin: true, max: 86_400 })

/** Options of the server itself; those of models and decoding are the command's. */
export const serverOptions = {
  host: withDefault('127.0.0.1', text('address to listen on; 0.0.0.0 for all', 'HOST')),
  port: withDefault(8080, integer('port to listen on; 0 takes a free one', { min: 0, max: 65535 })),
  name: withDefault('alignbeam', text('id of the model that is served', 'NAME')),
  allowHosts: withDefault(
    [],
    commaSeparated(
      text(
        'names besides localhost that a server on 127.0.0.1 without a key answers to, as behind a proxy',
        'HOST',
      ),
    ),
  ),
  apiKeyEnv: optional(text('variable that holds the key which clients must send; default: no key', 'NAME')),
  maxConcurrency: withDefault(16, count('completions computed at once')),
  maxQueue: withDefault(64, wholeFromZero('requests that wait for a place; more are answered with 429')),
  maxBody: withDefault(1024 * 1024, count('largest body of a request, bytes')),
  bodyTimeout: withDefault(30, seconds('longest wait for a request to arrive whole')),
  requestTimeout: withDefault(300, seconds('longest time from the arrival of a request to its last token')),
  drainTimeout: withDefault(60, seconds('longest wait for open requests when stopped')),
  logFormat: withDefault('json', choice('how a line of the log is written', logFormats)),
  logPrompts: flag('log prompts and completions too'),
  ui: flag('serve the page at / and the models NAME/draft and NAME/anchor, for comparison'),
}
/** Values of `serverOptions`. */
export type ServerOptions = Values<typeof serverOptions>

// settings ---------------------------------------------------------------------------------------

/** What a request gets that does not say otherwise. */
export interface RequestDefaults {
  /** `judge` is false where the models have none: a request that wants one is refused there. */
  readonly dial: Dial
  readonly generation: GenerationOptions
}

/** The page at `/`; an app of hono is one. What it answers with 404 is an unknown path of the server. */
export interface Page {
  readonly fetch: (request: Request) => Response | Promise<Response>
}

/** Everything that the server is started with. */
export interface HttpSettings extends Omit<ServerOptions, 'apiKeyEnv'> {
  /** The key itself; undefined where clients need none. */
  readonly apiKey: string | undefined
  readonly defaults: RequestDefaults
  /** Takes one line of the log, without its line end. */
  readonly log: (line: string) => void
  /** Needs no key; the server's own routes take precedence. */
  readonly page?: Page
}
