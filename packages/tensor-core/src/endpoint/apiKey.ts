/** The key of a server: read from one variable, sent to that server alone, shown and stored nowhere. */
import * as E from 'fp-ts/Either'
import { type EndpointError, badInput } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** A key and the variable that it comes from. */
export interface ApiKey {
  readonly variable: string
  /** Undefined where the variable is not set: servers on one's own machine need none. */
  readonly value: string | undefined
}

// constructors -----------------------------------------------------------------------------------

/** Keys mix capital and small letters and are long; names of variables do not. */
const looksLikeKey = (text: string): boolean => text.length >= 20 && /[a-z]/.test(text) && /[A-Z]/.test(text)

/**
 * Reads the key from the environment. No message repeats what was given: a key may have been given in place of a variable's name, and
 * `fetch` would quote a key that it cannot send.
 */
export const readApiKey = (
  env: Readonly<Record<string, string | undefined>>,
  variable: string,
): E.Either<EndpointError, ApiKey> => {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(variable) || (env[variable] === undefined && looksLikeKey(variable)))
    return E.left(
      badInput('BadOption', 'is not the name of a variable', {
        field: 'apiKeyEnv',
        remedy: 'give the name of the variable that holds the key, not the key',
      }),
    )
  const value = env[variable]?.trim()
  return value === undefined || value === ''
    ? E.right({ variable, value: undefined })
    : /^[\x21-\x7e]+$/.test(value)
      ? E.right({ variable, value })
      : E.left(
          badInput('BadConfig', 'holds no key', {
            where: variable,
            remedy: 'set it to the key alone, as one line',
          }),
        )
}

// destructors ------------------------------------------------------------------------------------

/** What is sent as key; a server that needs none ignores it. */
export const sentKey = ({ value }: ApiKey): string => value ?? 'none'

/** Keys below this length are words (`none`, `EMPTY`) that a reply may contain by chance. */
const shortestSecret = 8

/** Takes the key out of what a server sends, so that a server that repeats it cannot bring it into a message or the cache. */
export const withoutKey =
  ({ value }: ApiKey) =>
  (text: string): string =>
    value === undefined || value.length < shortestSecret ? text : text.replaceAll(value, '[key]')

/** Whether the key would cross a network in the clear. */
export const isExposed = ({ value }: ApiKey, url: string): boolean => {
  const { protocol, hostname } = new URL(url)
  return (
    value !== undefined &&
    protocol === 'http:' &&
    !/^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)
  )
}
