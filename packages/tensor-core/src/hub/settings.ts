/** Where the hub and its cache are, from the variables that Python's `huggingface_hub` reads. */
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type HubError, badInput } from '../contracts'
import { readOptional, readText } from '../files/input'

// model ------------------------------------------------------------------------------------------

/** The hub as the environment sets it. The token stays inside `authorization`, which is sent to `endpoint` alone. */
export interface HubSettings {
  /** Without a slash at its end. */
  readonly endpoint: string
  /** The folder of repositories. */
  readonly cache: string
  /** No request is made. */
  readonly offline: boolean
  readonly authorization: string | undefined
}

type Environment = Readonly<Record<string, string | undefined>>

// parts ------------------------------------------------------------------------------------------

const given = (env: Environment, name: string): string | undefined => {
  const value = env[name]?.trim()
  return value === undefined || value === '' ? undefined : value
}

const homeOf = (env: Environment): string =>
  given(env, 'HF_HOME') ?? join(given(env, 'XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface')

const endpointOf = (env: Environment): E.Either<HubError, string> => {
  const text = given(env, 'HF_ENDPOINT') ?? 'https://huggingface.co'
  const url = URL.canParse(text) ? new URL(text) : undefined
  return url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === ''
    ? E.right(text.replace(/\/+$/, ''))
    : E.left(
        badInput('BadConfig', 'is not the address of a hub', {
          where: 'HF_ENDPOINT',
          remedy: 'give an http or https address without a user name',
        }),
      )
}

/** The token is refused without being shown: `fetch` would quote it in its own message. */
const authorizationOf = (where: string, token: string | undefined): E.Either<HubError, string | undefined> =>
  token === undefined || /^[\x21-\x7e]+$/.test(token)
    ? E.right(token === undefined ? undefined : `Bearer ${token}`)
    : E.left(
        badInput('BadConfig', 'holds no access token', {
          where,
          remedy: 'store the token alone, as one line',
        }),
      )

const tokenOf = (env: Environment): TE.TaskEither<HubError, string | undefined> => {
  const variable = given(env, 'HF_TOKEN')
  if (variable !== undefined) return TE.fromEither(authorizationOf('HF_TOKEN', variable))
  const path = join(homeOf(env), 'token')
  return pipe(
    readOptional(path, readText),
    TE.chainEitherKW((text) => authorizationOf(path, text?.trim() === '' ? undefined : text?.trim())),
  )
}

// constructor ------------------------------------------------------------------------------------

/**
 * `HF_HUB_CACHE`, else `HF_HOME/hub`, else `~/.cache/huggingface/hub`; `HF_TOKEN`, else the file `HF_HOME/token`; `HF_ENDPOINT`;
 * `HF_HUB_OFFLINE`.
 */
export const hubSettings = (env: Environment): TE.TaskEither<HubError, HubSettings> => {
  const offline = /^(1|true|yes|on)$/i.test(given(env, 'HF_HUB_OFFLINE') ?? '')
  return pipe(
    TE.Do,
    TE.bind('endpoint', () => TE.fromEither(endpointOf(env))),
    TE.bind('authorization', () => (offline ? TE.right(undefined) : tokenOf(env))),
    TE.map(({ endpoint, authorization }) => ({
      endpoint,
      authorization,
      offline,
      cache: given(env, 'HF_HUB_CACHE') ?? join(homeOf(env), 'hub'),
    })),
  )
}
