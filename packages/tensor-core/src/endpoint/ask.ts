/** One request until it has a reply: passing trouble is waited out, and fields that the server refuses are left out. */
import { setTimeout as wait } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type EndpointError, causeLine } from '../contracts'
import { isTooDeep } from '../files/jsonDepth'
import { type EndpointAddress, addressText } from './address'
import type { ApiKey } from './apiKey'
import {
  type Concession,
  conceded,
  concessionText,
  concessionsFor,
  loweredTop,
  withTopAtMost,
} from './concessions'
import type { EndpointOptions } from './endpointOptions'
import { pauseBefore } from './pause'
import type { Reply } from './reply'
import type { Outgoing } from './request'
import { serverWords } from './serverWords'
import type { Transport } from './transport'
import { type Asked, type Trouble, faultOf, isPassing, isRefusal, isUnheard } from './trouble'

// model ------------------------------------------------------------------------------------------

/** A server and what was learned of it. */
export interface Server {
  readonly address: EndpointAddress
  readonly key: ApiKey
  readonly options: EndpointOptions
  readonly transport: Transport
  readonly isCached: boolean
  readonly signal: AbortSignal | undefined
  readonly warn: (line: string) => void
  /** What the server was found to refuse. */
  readonly concessions: Set<Concession>
  /** The most log-probabilities of a token that it was found to give, where it refuses to give more. */
  readonly limit: { top: number | undefined }
  /** Whether it has ever answered, and what was reported already. */
  readonly seen: { answered: boolean; repeated: boolean; ignored: boolean; uncached: boolean }
}

/** Repeats for a server that nothing was ever heard of: its address is probably wrong. */
const repeatsUnheard = 2

// answers ----------------------------------------------------------------------------------------

/** Some gateways answer 200 and put the error into the body. */
const Failed = t.type({
  error: t.intersection([t.type({ message: t.string }), t.partial({ code: t.unknown })]),
})

const statusIn = (code: unknown): number =>
  typeof code === 'number' && Number.isInteger(code) && code >= 400 && code < 600 ? code : 500

const json = (text: string): E.Either<Trouble, unknown> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      (cause): Trouble => ({
        kind: 'damaged',
        message: `answers no JSON (${text.trim() === '' ? 'an empty body' : serverWords(text) || causeLine(cause)})`,
      }),
    ),
    E.filterOrElse(
      (parsed) => !isTooDeep(parsed),
      (): Trouble => ({ kind: 'damaged', message: 'answers JSON that is nested too deeply' }),
    ),
    E.chain((parsed) =>
      Failed.is(parsed)
        ? E.left<Trouble>({ kind: 'status', status: statusIn(parsed.error.code), words: serverWords(text) })
        : E.right(parsed),
    ),
  )

const ModelList = t.type({ data: t.array(t.type({ id: t.string })) })

/** The names that the server lists; undefined where it lists none. */
const modelsOf = async ({ transport, signal }: Server): Promise<ReadonlyArray<string> | undefined> =>
  pipe(
    await transport.get('/models', signal)(),
    E.chain(json),
    E.chainW((list) => ModelList.decode(list)),
    E.match(
      () => undefined,
      ({ data }) => data.map(({ id }) => id),
    ),
  )

// learning ---------------------------------------------------------------------------------------

const remember = (server: Server, concessions: ReadonlySet<Concession>): void => {
  for (const concession of concessions)
    if (!server.concessions.has(concession)) {
      server.concessions.add(concession)
      server.warn(`${addressText(server.address)}: the server ${concessionText[concession]}`)
    }
}

/** A server may ignore what it does not know. */
const reportIgnored = (server: Server, sent: Outgoing['body'], { logProbs }: Reply): void => {
  if (!('logprobs' in sent) || logProbs !== undefined || server.seen.ignored) return
  server.seen.ignored = true
  server.warn(`${addressText(server.address)}: the server ${concessionText.logprobs}`)
}

const reportRepeat = (server: Server, trouble: Trouble, asked: Asked, pause: number): void => {
  if (server.seen.repeated) return
  server.seen.repeated = true
  server.warn(
    `${addressText(server.address)}: ${faultOf(trouble, asked).message}; asked again after ${(pause / 1000).toFixed(1)} s (further repeats are not reported)`,
  )
}

// asking -----------------------------------------------------------------------------------------

/** @returns whether the pause came to its end */
const paused = (milliseconds: number, signal: AbortSignal | undefined): Promise<boolean> =>
  wait(milliseconds, true, signal === undefined ? {} : { signal }).catch(() => false)

const withLeftOut = (reply: Reply, concessions: ReadonlySet<Concession>): Reply => {
  const leftOut = [...concessions].filter((c) => c !== 'max_tokens')
  return leftOut.length === 0 ? reply : { ...reply, leftOut }
}

/**
 * Asks until there is a reply or a reason why there is none.
 *
 * @param decode the reply of an answer; the left is one line on what is wrong with it
 */
export const ask =
  (
    server: Server,
    { path, body }: Outgoing,
    decode: (answer: unknown) => E.Either<string, Reply>,
  ): TE.TaskEither<EndpointError, Reply> =>
  async () => {
    const { address, key, options, transport, seen } = server
    // A signal of its own: many requests that listen to one signal would look like a leak.
    const signal = server.signal === undefined ? undefined : AbortSignal.any([server.signal])
    const left = new Set(server.concessions)
    let top = server.limit.top
    for (let repeats = 0; ;) {
      const sent = conceded(withTopAtMost(body, top), left)
      const answer = pipe(
        await transport.post(path, sent, signal)(),
        E.chain(json),
        E.chain((parsed) =>
          pipe(
            decode(parsed),
            E.mapLeft((message): Trouble => ({
              kind: 'damaged',
              message: `answers another shape: ${message}`,
            })),
          ),
        ),
      )
      if (E.isRight(answer)) {
        seen.answered = true
        remember(server, left)
        if (top !== undefined) server.limit.top = Math.min(top, server.limit.top ?? top)
        reportIgnored(server, sent, answer.right)
        return E.right(withLeftOut(answer.right, left))
      }
      const trouble = answer.left
      const asked: Asked = {
        address,
        key,
        timeoutSeconds: options.timeoutSeconds,
        attempts: repeats + 1,
        isCached: server.isCached,
      }
      seen.answered ||= trouble.kind === 'status'
      const lower = isRefusal(trouble) ? loweredTop(sent, trouble.words) : undefined
      if (lower !== undefined) {
        top = lower
        continue
      }
      const concessions = isRefusal(trouble) ? concessionsFor(sent, trouble.words) : []
      if (concessions.length > 0) {
        for (const concession of concessions) left.add(concession)
        continue
      }
      const most =
        isUnheard(trouble) && !seen.answered ? Math.min(options.retries, repeatsUnheard) : options.retries
      if (!isPassing(trouble) || repeats >= most)
        return E.left(
          faultOf(
            trouble,
            asked,
            trouble.kind === 'status' && trouble.status === 404 ? await modelsOf(server) : undefined,
          ),
        )
      const pause = pauseBefore(
        repeats,
        options.firstPauseSeconds * 1000,
        trouble.kind === 'status' ? trouble.pause : undefined,
        Math.random(),
      )
      reportRepeat(server, trouble, asked, pause)
      if (!(await paused(pause, signal))) return E.left(faultOf({ kind: 'stopped' }, asked))
      repeats += 1
    }
  }
