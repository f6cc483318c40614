/**
 * Requests to a server through the `openai` package, which is loaded when the first one is sent. What leaves this machine is decided
 * here: the request, the key, and no header about this machine. Answers are bounded; a redirect is never followed, because the request
 * and the key are meant for the address that was given.
 */
import { createRequire } from 'node:module'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type * as Library from 'openai'
import { causeLine, oneLine } from '../contracts'
import { type ApiKey, sentKey, withoutKey } from './apiKey'
import { askedPause } from './pause'
import { serverWords } from './serverWords'
import type { Trouble } from './trouble'

// model ------------------------------------------------------------------------------------------

/** A server as a pair of questions. The right is the answer's text. */
export interface Transport {
  readonly post: (
    path: string,
    body: Readonly<Record<string, unknown>>,
    signal?: AbortSignal,
  ) => TE.TaskEither<Trouble, string>
  readonly get: (path: string, signal?: AbortSignal) => TE.TaskEither<Trouble, string>
}

type Client = Library.OpenAI

/** Largest answer in bytes: a reply of 4,000 tokens with twenty log-probabilities each has a third of this. */
const maxAnswerBytes = 1 << 24

// answers ----------------------------------------------------------------------------------------

/** A trouble on its way through the library, which passes it on as the cause of its own error. */
class Declined extends Error {
  constructor(readonly trouble: Trouble) {
    super('declined')
  }
}

const textOf = async (answer: Response): Promise<string> => {
  const parts: Array<Uint8Array> = []
  let total = 0
  const body: AsyncIterable<Uint8Array> | Iterable<Uint8Array> = answer.body ?? []
  for await (const part of body) {
    total += part.byteLength
    if (total > maxAnswerBytes)
      throw new Declined({ kind: 'damaged', message: `sends an answer of more than ${maxAnswerBytes} bytes` })
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

const longestLocation = 200

const refusalOf = (key: ApiKey, answer: Response, text: string): Declined => {
  const header = (name: string): string | null => answer.headers.get(name)
  const location = header('location')
  const pause = askedPause(header)
  return new Declined({
    kind: 'status',
    status: answer.status,
    words: serverWords(text),
    ...(location === null ? {} : { location: oneLine(withoutKey(key)(location).slice(0, longestLocation)) }),
    ...(pause === undefined ? {} : { pause }),
  })
}

/** `fetch` for the library. Its own headers tell of the machine and its versions, so that they are not sent. */
const sparseFetch =
  (key: ApiKey): typeof fetch =>
  async (input, init = {}) => {
    try {
      const answer = await fetch(input, {
        ...init,
        redirect: 'manual',
        headers: {
          accept: 'application/json',
          'user-agent': 'safe-tensor-core',
          authorization: `Bearer ${sentKey(key)}`,
          ...(init.body === undefined ? {} : { 'content-type': 'application/json' }),
        },
      })
      const text = withoutKey(key)(await textOf(answer))
      if (!answer.ok) throw refusalOf(key, answer, text)
      return new Response(text)
    } catch (cause) {
      // The library ends a request that took too long, or that its caller stopped; it knows which.
      throw init.signal?.aborted === true ? new Declined({ kind: 'silent' }) : cause
    }
  }

// library ----------------------------------------------------------------------------------------

/** Its CommonJS build exports the class itself, with everything else as its properties. */
const isLibrary = (u: unknown): u is typeof Library =>
  typeof u === 'function' && 'OpenAI' in u && typeof u.OpenAI === 'function'

/** Loading takes longer than all of a short command: one that asks no server must not pay for it. */
const loadLibrary = (): E.Either<Trouble, typeof Library> =>
  pipe(
    E.tryCatch(
      (): unknown => createRequire(__filename)('openai'),
      (cause): Trouble => ({
        kind: 'broken',
        message: `the package openai cannot be loaded (${causeLine(cause)})`,
      }),
    ),
    E.filterOrElse(isLibrary, (): Trouble => ({
      kind: 'broken',
      message: 'the package openai is not what it was',
    })),
  )

/** `fetch` hides its reason in a cause, which may be several errors without a message of their own. */
const reasonOf = (cause: unknown): string =>
  cause instanceof Error && cause.cause !== undefined
    ? reasonOf(cause.cause)
    : cause instanceof Error && cause.message === '' && 'code' in cause
      ? String(cause.code)
      : causeLine(cause)

const troubleOf =
  ({ APIUserAbortError }: typeof Library, key: ApiKey) =>
  (cause: unknown): Trouble =>
    cause instanceof Error && cause.cause instanceof Declined
      ? cause.cause.trouble
      : cause instanceof APIUserAbortError
        ? { kind: 'stopped' }
        : { kind: 'unconnected', reason: withoutKey(key)(oneLine(reasonOf(cause))) }

// constructor ------------------------------------------------------------------------------------

/** A server at `url`; nothing is sent and nothing is loaded before it is asked. */
export const openTransport = (url: string, key: ApiKey, timeoutSeconds: number): Transport => {
  const opened: {
    client?: E.Either<Trouble, { readonly client: Client; readonly library: typeof Library }>
  } = {}
  const client = (): NonNullable<typeof opened.client> =>
    (opened.client ??= pipe(
      loadLibrary(),
      E.map((library) => ({
        library,
        // What the library would read from the environment is set here, so that another key or header is never sent by chance.
        client: new library.OpenAI({
          baseURL: url,
          apiKey: sentKey(key),
          adminAPIKey: null,
          organization: null,
          project: null,
          webhookSecret: null,
          logLevel: 'off',
          maxRetries: 0,
          timeout: Math.max(1, Math.ceil(timeoutSeconds * 1000)),
          fetch: sparseFetch(key),
        }),
      })),
    ))
  const asked = (ask: (client: Client) => Promise<Response>): TE.TaskEither<Trouble, string> =>
    pipe(
      TE.fromIOEither(client),
      TE.chain((o) => TE.tryCatch(async () => (await ask(o.client)).text(), troubleOf(o.library, key))),
    )
  const stop = (signal: AbortSignal | undefined): { readonly signal?: AbortSignal } =>
    signal === undefined ? {} : { signal }
  return {
    post: (path, body, signal) => asked((c) => c.post(path, { body, ...stop(signal) }).asResponse()),
    get: (path, signal) => asked((c) => c.get(path, stop(signal)).asResponse()),
  }
}
