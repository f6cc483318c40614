/** The key that clients send. It is compared in constant time, and stands in no message and no line of the log. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { readApiKey } from '@safe/tensor-core/endpoint'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Problem, badRequest } from './problem'

// constructors -----------------------------------------------------------------------------------

/**
 * The key in the environment's variable `name`; undefined where no variable is named. Left where it is named and holds none: a
 * server that was to have a key must not run without.
 */
export const serverKey = (
  env: Readonly<Record<string, string | undefined>>,
  name: string | undefined,
): E.Either<Fault, string | undefined> =>
  name === undefined
    ? E.right(undefined)
    : pipe(
        readApiKey(env, name),
        E.mapLeft((fault): Fault => fault),
        E.chain(({ value }) =>
          value === undefined
            ? E.left(
                badInput('BadOption', 'names a variable that is not set', {
                  field: 'apiKeyEnv',
                  remedy: 'set it to the key, or leave the option out',
                }),
              )
            : E.right(value),
        ),
      )

// checks -----------------------------------------------------------------------------------------

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

const noKey: Problem = badRequest(
  'a key is required: send the header `Authorization: Bearer KEY`',
  'missing_api_key',
  { status: 401, headers: { 'www-authenticate': 'Bearer' } },
)
const wrongKey: Problem = badRequest('the key is not valid here', 'invalid_api_key', {
  status: 401,
  headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
})

/** Whether a request may pass, by its header `Authorization`. Digests of equal length are compared, whatever was sent. */
export const keyCheck = (
  key: string | undefined,
): ((header: string | undefined) => E.Either<Problem, void>) => {
  if (key === undefined) return () => E.right(undefined)
  const expected = digest(key)
  return (header) => {
    const given = /^Bearer +(\S+) *$/i.exec(header ?? '')?.[1]
    return given === undefined
      ? E.left(noKey)
      : timingSafeEqual(digest(given), expected)
        ? E.right(undefined)
        : E.left(wrongKey)
  }
}

// warnings ---------------------------------------------------------------------------------------

/** Whether an address or a name is that of this machine to itself. */
export const isLoopback = (host: string): boolean => /^(localhost|127(\.\d{1,3}){3}|::1)$/i.test(host)

/** What the server's owner should know before it listens. */
export const securityWarnings = (host: string, key: string | undefined): ReadonlyArray<string> =>
  isLoopback(host)
    ? []
    : key === undefined
      ? [
          `anyone who reaches ${host} can use this server: it has no key; name the variable that holds one with --api-key-env`,
        ]
      : [`the key crosses the network in the clear: put a proxy with TLS before ${host}`]
