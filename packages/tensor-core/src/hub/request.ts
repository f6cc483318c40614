/**
 * Requests to the hub. Redirects are followed here, so that the token goes to the hub's own host alone and never to the host that
 * stores large files. What a request cannot do is one fault that names the repository.
 */
import * as TE from 'fp-ts/TaskEither'
import { type HubError, badInput, causeLine, failure, interrupted } from '../contracts'
import { codeOf } from '../files/input'
import { type Repository, shownRepository } from './reference'
import type { HubSettings } from './settings'

// model ------------------------------------------------------------------------------------------

/** A repository, the hub that holds it, and a signal to stop. */
export interface Hub {
  readonly settings: HubSettings
  readonly repository: Repository
  readonly signal?: AbortSignal
}

/** A fault on its way through a promise; `attemptHub` turns it into a value. */
export class Declined extends Error {
  constructor(
    readonly fault: HubError,
    /** Whether another attempt may succeed. */
    readonly again = false,
  ) {
    super(fault.message)
  }
}

/** Largest answer of the hub's API in bytes: a page holds at most 1,000 entries. */
const maxAnswerBytes = 1 << 25
const maxRedirects = 8
/** Answers to one question of the library: a list has a page per 1,000 entries. */
const maxPages = 1000

// faults -----------------------------------------------------------------------------------------

const placeOf = ({ settings, repository }: Hub): string =>
  `${settings.endpoint}/${repository.kind === 'dataset' ? 'datasets/' : ''}${repository.name}`

/** What a refused request means. The hub answers 401 for a repository that does not exist, too. */
const refusal = (hub: Hub, status: number, code: string | null): Declined => {
  const where = shownRepository(hub.repository)
  const nameRemedy = 'check the name and the revision'
  const access = `accept the licence at ${placeOf(hub)} if it has one, and set HF_TOKEN to a token with access`
  if (status === 401)
    return new Declined(
      badInput('HubRefused', 'does not exist, or needs a token (401)', {
        where,
        remedy: `check the name; if it is right, ${access}`,
      }),
    )
  if (status === 403)
    return new Declined(
      badInput('HubRefused', 'may not be read with this token (403)', { where, remedy: access }),
    )
  if (status === 404)
    return new Declined(
      badInput(
        'HubMissing',
        code === 'RevisionNotFound'
          ? `has no revision ${hub.repository.revision} (404)`
          : code === 'EntryNotFound'
            ? 'has not the file that was asked of it (404)'
            : 'does not exist (404)',
        { where, remedy: nameRemedy },
      ),
    )
  if (status === 416)
    return new Declined(
      failure('HubDamaged', 'a file is shorter than the list says (416)', {
        where,
        remedy: 'try again later',
      }),
      true,
    )
  return new Declined(
    failure('HubUnreachable', `the hub answered ${status}`, { where, remedy: 'try again later' }),
    status === 429 || status >= 500,
  )
}

/** `fetch` hides its reason in a cause, which may be several errors without a message of their own. */
const reasonOf = (cause: unknown): string => {
  const inner = cause instanceof Error && cause.cause !== undefined ? cause.cause : cause
  return causeLine(inner) || codeOf(inner) || causeLine(cause)
}

/** The fault of whatever ended a piece of work with the hub. */
export const faultOf =
  (hub: Hub) =>
  (cause: unknown): HubError =>
    cause instanceof Declined
      ? cause.fault
      : hub.signal?.aborted === true
        ? interrupted('Interrupted', 'the download was stopped', {
            where: shownRepository(hub.repository),
            remedy: 'the same command continues it',
          })
        : failure('HubUnreachable', `cannot be fetched (${reasonOf(cause)})`, {
            where: shownRepository(hub.repository),
            remedy: 'try again (what has come is kept), or set HF_HUB_OFFLINE=1 to use the cache alone',
          })

/** Work with the hub as a value. */
export const attemptHub = <A>(hub: Hub, work: () => Promise<A>): TE.TaskEither<HubError, A> =>
  TE.tryCatch(work, faultOf(hub))

// requests ---------------------------------------------------------------------------------------

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status)

/** The next address of a redirect. */
const nextOf = (hub: Hub, from: URL, location: string | null): URL => {
  const next = location !== null && URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (next === undefined || !/^https?:$/.test(next.protocol))
    throw new Declined(
      failure('HubUnreachable', 'is redirected to no address', { where: shownRepository(hub.repository) }),
    )
  return next
}

/** Asks the hub, following redirects. @throws `Declined` where the answer is no success */
export const ask = async (
  hub: Hub,
  address: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => {
  const { endpoint, authorization } = hub.settings
  const home = new URL(endpoint).origin
  let url = new URL(address)
  for (let hops = 0; hops <= maxRedirects; hops++) {
    const answer = await fetch(url, {
      redirect: 'manual',
      headers: {
        'user-agent': 'safe-tensor-core',
        ...headers,
        ...(authorization !== undefined && url.origin === home ? { authorization } : {}),
      },
      ...(hub.signal === undefined ? {} : { signal: hub.signal }),
    })
    if (answer.ok) return answer
    await answer.body?.cancel()
    if (!isRedirect(answer.status)) throw refusal(hub, answer.status, answer.headers.get('x-error-code'))
    url = nextOf(hub, url, answer.headers.get('location'))
  }
  throw new Declined(
    failure('HubUnreachable', `is redirected more than ${maxRedirects} times`, {
      where: shownRepository(hub.repository),
    }),
  )
}

/** The bytes of an answer, as they come. */
export const bytesOf = (answer: Response): AsyncIterable<Uint8Array> | Iterable<Uint8Array> =>
  answer.body ?? []

const bounded = async (hub: Hub, answer: Response): Promise<Buffer> => {
  const parts: Array<Uint8Array> = []
  let total = 0
  for await (const part of bytesOf(answer)) {
    total += part.byteLength
    if (total > maxAnswerBytes) throw tooMuch(hub, `an answer of more than ${maxAnswerBytes} bytes`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

const tooMuch = (hub: Hub, what: string): Declined =>
  new Declined(
    failure('HubDamaged', `the hub sends ${what}`, {
      where: shownRepository(hub.repository),
      remedy: 'check HF_ENDPOINT',
    }),
  )

/**
 * `fetch` for one question of the hub's library: answers are bounded in size and number, anything else is `Declined`. The library is
 * given no token.
 */
export const libraryFetch = (hub: Hub): typeof fetch => {
  const asked = { pages: 0 }
  return async (input) => {
    asked.pages += 1
    if (asked.pages > maxPages) throw tooMuch(hub, `more than ${maxPages} pages`)
    const answer = await ask(
      hub,
      typeof input === 'string' ? input : input instanceof URL ? input.href : input.url,
      { accept: 'application/json' },
    )
    const link = answer.headers.get('link')
    return new Response(await bounded(hub, answer), { headers: link === null ? {} : { link } })
  }
}
