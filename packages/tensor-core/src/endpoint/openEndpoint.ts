/** A model behind a URL: equal requests are sent once, replies are kept on disk, and a limited number of requests is in flight. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import pLimit, { type Limit } from 'p-limit'
import { type EndpointError, faultLine } from '../contracts'
import { cacheHome } from '../files'
import { checked } from '../options'
import { type EndpointAddress, addressText, parseAddress } from './address'
import { isExposed, readApiKey } from './apiKey'
import { type Server, ask } from './ask'
import { type EndpointOptions, endpointOptions } from './endpointOptions'
import { inOrder } from './inOrder'
import { type Reply, chatReply, completionReply, withAnswer } from './reply'
import { type ReplyCache, replyCache } from './replyCache'
import {
  type ChatRequest,
  type CompletionRequest,
  type Outgoing,
  type Sampling,
  chatOutgoing,
  completionOutgoing,
  isRepeatable,
  requestKey,
} from './request'
import { openTransport } from './transport'

// model ------------------------------------------------------------------------------------------

/** A model that can be asked. */
export interface Endpoint {
  readonly address: EndpointAddress
  /** Asks the model to answer a conversation: `/chat/completions`. */
  readonly chat: (request: ChatRequest) => TE.TaskEither<EndpointError, Reply>
  /** Asks the model to continue a text: `/completions`. */
  readonly complete: (request: CompletionRequest) => TE.TaskEither<EndpointError, Reply>
  /**
   * Asks for many, with as many in flight as the endpoint allows; results stand in the order of the items. After a first failure no
   * more are begun: a refused key is not tried a thousand times.
   */
  readonly all: <Err, A, B>(
    items: ReadonlyArray<A>,
    asked: (item: A) => TE.TaskEither<Err, B>,
  ) => TE.TaskEither<Err, ReadonlyArray<B>>
}

/** How a server is asked. */
export interface EndpointUse extends Partial<EndpointOptions> {
  /** `URL#MODEL`, or its parts. */
  readonly address: string | EndpointAddress
  /**
   * The folder of kept replies; default `endpoint` in `SAFE_CACHE`, else in `~/.cache/safe`. False: nothing is kept, and every request
   * is sent.
   */
  readonly cache?: string | false
  /** Stops everything that is in flight or waits. */
  readonly signal?: AbortSignal
  readonly onWarning?: (line: string) => void
  /** Variables; by default those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

// parts ------------------------------------------------------------------------------------------

type Asking = TE.TaskEither<EndpointError, Reply>

const exposedWarning = ({ address, key }: Server): string =>
  `${addressText(address)}: the key in ${key.variable} is sent unencrypted; give an https address if the server has one`

/** A reply from the cache, else from the server, which is then kept. A cache that cannot be written is reported once. */
const throughCache = (server: Server, cache: ReplyCache, key: string, sent: Asking): Asking => {
  const keep = (reply: Reply): TE.TaskEither<EndpointError, Reply> =>
    pipe(
      cache.keep(key, reply),
      TE.match(
        (fault): E.Either<EndpointError, Reply> => {
          if (!server.seen.uncached) server.warn(`the reply is not kept: ${faultLine(fault)}`)
          server.seen.uncached = true
          return E.right(reply)
        },
        () => E.right(reply),
      ),
    )
  return pipe(
    TE.fromTask(cache.find(key)),
    TE.chain((kept) => (kept === undefined ? pipe(sent, TE.chain(keep)) : TE.right(kept))),
  )
}

/** Requests in flight by their keys, so that equal ones share one reply. */
const shared =
  (flying: Map<string, ReturnType<Asking>>, key: string, asking: Asking): Asking =>
  () => {
    const other = flying.get(key)
    if (other !== undefined) return other
    const own = asking().finally(() => flying.delete(key))
    flying.set(key, own)
    return own
  }

const limited =
  (limit: Limit, asking: Asking): Asking =>
  () =>
    limit(asking)

type Decode = Parameters<typeof ask>[2]

const decoding = ({ extension }: Sampling, decode: Decode): Decode =>
  extension === undefined ? decode : withAnswer(decode)

const endpointOf = (server: Server, cache: ReplyCache | undefined): Endpoint => {
  const limit = pLimit(server.options.concurrency)
  const flying = new Map<string, ReturnType<Asking>>()
  const asking = (outgoing: Outgoing, decode: Decode): Asking => {
    const sent = ask(server, outgoing, decode)
    if (cache === undefined || !isRepeatable(outgoing)) return limited(limit, sent)
    const key = requestKey(server.address, outgoing)
    return shared(flying, key, limited(limit, throughCache(server, cache, key, sent)))
  }
  return {
    address: server.address,
    chat: (request) => asking(chatOutgoing(server.address.model, request), decoding(request, chatReply)),
    complete: (request) =>
      asking(completionOutgoing(server.address.model, request), decoding(request, completionReply)),
    all: (items, asked) => inOrder(server.options.concurrency, items, asked),
  }
}

// constructor ------------------------------------------------------------------------------------

/**
 * Opens a model of an OpenAI-compatible server. Nothing is sent before it is asked, and then only to that address. A reply is kept
 * under a hash of address, model and request, and used again for an equal one, unless the request draws at random without a seed.
 *
 * A request is repeated after 408, 409, 429, 5xx and lost connections, with growing pauses, or longer ones where the
 * server asks for them (at most a minute).
 *
 * @returns left `BadOption` or `BadConfig`: an impossible address or option, or a variable that holds no key
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { createServer } from 'node:http'
 * import { pipe } from 'fp-ts/function'
 * import * as TE from 'fp-ts/TaskEither'
 * import { openEndpoint } from '@safe/tensor-core/endpoint'
 *
 * // A server that always says no; port 0 is any free one.
 * const server = createServer((_, response) =>
 *   response.end(JSON.stringify({ choices: [{ message: { content: 'No' }, finish_reason: 'stop' }] })),
 * )
 * await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
 * const port = pipe(server.address(), (at) => (typeof at === 'object' ? at?.port : undefined))
 *
 * const asked = pipe(
 *   openEndpoint({ address: `http://127.0.0.1:${port}/v1#judge`, cache: false }),
 *   TE.chain((endpoint) =>
 *     endpoint.chat({ messages: [{ role: 'user', content: 'Is the moon made of cheese?' }], maxTokens: 1 }),
 *   ),
 * )
 * assert.deepStrictEqual(await asked(), { _tag: 'Right', right: { text: 'No', finishReason: 'stop' } })
 * server.close()
 * ```
 */
export const openEndpoint = (use: EndpointUse): TE.TaskEither<EndpointError, Endpoint> => {
  const { address: given, cache, signal, onWarning, env = process.env } = use
  return pipe(
    E.Do,
    E.bind('address', () => parseAddress(typeof given === 'string' ? given : addressText(given))),
    E.bindW('options', () => checked(endpointOptions, use)),
    E.bindW('key', ({ options }) => readApiKey(env, options.apiKeyEnv)),
    E.map(({ address, options, key }) => {
      const server: Server = {
        address,
        key,
        options,
        transport: openTransport(address.url, key, options.timeoutSeconds),
        isCached: cache !== false,
        signal,
        warn: (line) => onWarning?.(line),
        concessions: new Set(),
        limit: { top: undefined },
        seen: { answered: false, repeated: false, ignored: false, uncached: false },
      }
      if (isExposed(key, address.url)) server.warn(exposedWarning(server))
      return endpointOf(
        server,
        cache === false ? undefined : replyCache(cache ?? join(cacheHome(env), 'endpoint')),
      )
    }),
    TE.fromEither,
  )
}
