/** Where an S3 store is: `s3://BUCKET/PREFIX`, at the endpoint that the environment names. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { cacheHome, contentHash } from '@safe/tensor-core/files'

// model ------------------------------------------------------------------------------------------

export interface S3Location {
  readonly bucket: string
  /** Of every key of the store: empty, or ending in `/`. */
  readonly prefix: string
}

export type Environment = Readonly<Record<string, string | undefined>>

const scheme = 's3://'

export const isS3 = (name: string): boolean => name.toLowerCase().startsWith(scheme)

/** As people name it: without a slash at its end. */
export const s3Name = ({ bucket, prefix }: S3Location): string =>
  `${scheme}${bucket}/${prefix}`.replace(/\/$/, '')

// parsing ----------------------------------------------------------------------------------------

/** Lower-case letters, digits, dots and hyphens, 3 to 63 of them: what every server takes. */
const bucketForm = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/

/** What servers, URLs or folders read in another way. */
const oddPrefix = /[\u0000-\u001f\u007f\\?#]/

const isOddPart = (part: string): boolean => part === '' || part === '.' || part === '..'

const example = 'write s3://BUCKET/PREFIX'

/** The name is not shown where it may hold a password. */
const malformed = (message: string, where: string): E.Either<Fault, never> =>
  E.left(badInput('BadOption', message, { where, remedy: example }))

/** @returns left: which part of the name cannot be one, and what to write */
export const parseS3 = (name: string): E.Either<Fault, S3Location> => {
  const rest = name.slice(scheme.length)
  const slash = rest.indexOf('/')
  const bucket = slash === -1 ? rest : rest.slice(0, slash)
  if (bucket.includes('@'))
    return E.left(
      badInput('BadOption', 'the URL of a store has no user and no password', {
        where: scheme,
        remedy: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile',
      }),
    )
  if (bucket === '') return malformed('names no bucket', name)
  if (!bucketForm.test(bucket))
    return malformed(
      'the name of a bucket has 3 to 63 lower-case letters, digits, dots and hyphens, and no port',
      name,
    )
  const path = slash === -1 ? '' : rest.slice(slash + 1).replace(/\/$/, '')
  if (oddPrefix.test(path)) return malformed('the prefix has none of ? # \\ and no control characters', name)
  if (path !== '' && path.split('/').some(isOddPart))
    return malformed('the prefix has no empty part, and none that is . or ..', name)
  return E.right({ bucket, prefix: path === '' ? '' : `${path}/` })
}

// environment ------------------------------------------------------------------------------------

const setting = (env: Environment, name: string): string | undefined =>
  env[name] === '' ? undefined : env[name]

/** The server other than AWS that the environment names, as AWS's own tools do. @returns left: not a URL of a server */
export const endpointOf = (env: Environment): E.Either<Fault, URL | undefined> => {
  const variable = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'].find(
    (name) => setting(env, name) !== undefined,
  )
  if (variable === undefined) return E.right(undefined)
  const refused = (message: string): E.Either<Fault, never> =>
    E.left(badInput('BadOption', message, { where: variable, remedy: 'write http://HOST:PORT' }))
  const text = setting(env, variable) ?? ''
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return refused('is not the URL of a server')
  return url.username === '' && url.password === ''
    ? E.right(url)
    : refused('the URL of a server has no user and no password')
}

/** This machine's copy of a store, where no folder is given for it: one for each bucket, prefix and server. */
export const s3CacheFolder = (location: S3Location, env: Environment): string =>
  join(
    cacheHome(env),
    'stores',
    contentHash({
      name: s3Name(location),
      endpoint: setting(env, 'AWS_ENDPOINT_URL_S3') ?? setting(env, 'AWS_ENDPOINT_URL') ?? '',
    }),
  )
