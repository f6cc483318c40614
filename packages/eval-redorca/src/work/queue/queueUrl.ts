/** The address of a queue: `redis://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` over TLS. */
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

export interface QueueAddress {
  /** Without user and password, for messages. */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly database: number
  readonly username?: string
  readonly password?: string
  readonly tls: boolean
}

const bad = (message: string): E.Either<Fault, never> =>
  E.left(
    badInput('BadOption', message, {
      field: 'queue',
      remedy: 'give redis://HOST:PORT, or rediss://USER:PASSWORD@HOST:PORT/DATABASE',
    }),
  )

/** User and password may hold any character, encoded. */
const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

// constructors -----------------------------------------------------------------------------------

/** @returns left `BadOption`; the message never repeats the address, which may hold a password */
export const queueAddress = (text: string): E.Either<Fault, QueueAddress> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    return bad('is not the address of a Redis server')
  const [, database = '0'] = /^\/(\d*)$/.exec(url.pathname === '' ? '/' : url.pathname) ?? [undefined, '']
  if (database === '' && url.pathname.length > 1) return bad('has a database that is not a number')
  const [username, password] = [decoded(url.username), decoded(url.password)]
  if (username === undefined || password === undefined)
    return bad('has a user or password that is not encoded')
  const place = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 6379 : Number(url.port),
  }
  return E.right({
    name: `${url.protocol}//${url.hostname}:${place.port}/${database === '' ? 0 : database}`,
    ...place,
    database: Number(database),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    tls: url.protocol === 'rediss:',
  })
}
