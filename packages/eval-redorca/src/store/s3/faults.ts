/**
 * What a server or the SDK says, as an error of one line. Only the code and the status of an answer are shown, never its text: a server
 * or a proxy may send back what it was sent, keys among it.
 */
import { type Fault, badInput, causeLine, failure } from '@safe/tensor-core/contracts'
import type { Connection } from './client'
import { s3Name } from './location'

// causes -----------------------------------------------------------------------------------------

const field = (u: unknown, name: string): unknown =>
  typeof u === 'object' && u !== null ? Reflect.get(u, name) : undefined

/** The HTTP status of a refusal; undefined where there was no answer. */
export const statusOf = (cause: unknown): number | undefined => {
  const status = field(field(cause, '$metadata'), 'httpStatusCode')
  return typeof status === 'number' ? status : undefined
}

/** The name of an exception: S3's error code. */
export const codeOf = (cause: unknown): string => {
  const name = field(cause, 'name')
  return typeof name === 'string' ? name : ''
}

/** An answer that is not what was stored. */
export class Damaged extends Error {
  override readonly name = 'Damaged'
}

// reading them -----------------------------------------------------------------------------------

const credentials = 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile (AWS_PROFILE)'

/** Codes of S3 that are for the caller to fix, and what to do. */
const refusals: Readonly<Record<string, readonly [message: string, remedy: string]>> = {
  NoSuchBucket: ['there is no such bucket', 'create it, or write another name'],
  InvalidBucketName: ['the bucket cannot have that name', 'write another name'],
  InvalidAccessKeyId: ['the access key is not known', credentials],
  SignatureDoesNotMatch: ['the secret key is wrong', credentials],
  ExpiredToken: ['the credentials have expired', 'renew them'],
  ExpiredTokenException: ['the credentials have expired', 'renew them'],
  InvalidToken: ['the session token is wrong', credentials],
  RequestTimeTooSkewed: ['the clocks of this machine and the server differ too much', 'set the clock'],
  AccessDenied: [
    'access is denied',
    'use credentials that may list, read, write and delete objects under that prefix',
  ],
  PermanentRedirect: ['the bucket is in another region', 'set AWS_REGION'],
  AuthorizationHeaderMalformed: ['the bucket is in another region', 'set AWS_REGION'],
  CredentialsProviderError: ['no credentials were found', credentials],
  TokenProviderError: ['no credentials were found', credentials],
}

const untrusted = 'has a certificate that is not trusted here'

/** Words for the errors of a socket. */
const sockets: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'broke off the connection',
  EPIPE: 'broke off the connection',
  ENOTFOUND: 'has no known address',
  EAI_AGAIN: 'has no known address at the moment',
  EHOSTUNREACH: 'cannot be reached',
  ENETUNREACH: 'cannot be reached',
  ETIMEDOUT: 'does not answer',
  EPROTO: 'does not speak https',
  CERT_HAS_EXPIRED: untrusted,
  DEPTH_ZERO_SELF_SIGNED_CERT: untrusted,
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  ERR_TLS_CERT_ALTNAME_INVALID: untrusted,
}

const isList = (u: unknown): u is ReadonlyArray<unknown> => Array.isArray(u)

/** The code of a socket's error: of the cause itself, in its text, of what it was caused by, or of one of several. */
const socketCode = (cause: unknown, depth = 0): string | undefined => {
  const message = field(cause, 'message')
  const text = `${String(field(cause, 'code'))} ${typeof message === 'string' ? message : ''}`
  const found = /socket hang up/.test(text)
    ? 'ECONNRESET'
    : Object.keys(sockets).find((code) => new RegExp(`\\b${code}\\b`).test(text))
  if (found !== undefined || depth > 3) return found
  const errors = field(cause, 'errors')
  const inner = [field(cause, 'cause'), ...(isList(errors) ? errors : [])]
  return inner.map((each) => socketCode(each, depth + 1)).find((each) => each !== undefined)
}

/** Codes are words; anything else is not shown. */
const shownCode = (cause: unknown): string => {
  const code = codeOf(cause)
  return knownCodes.has(code) ? ` (${code})` : ''
}

const knownCodes: ReadonlySet<string> = new Set([
  ...['InternalError', 'SlowDown', 'ServiceUnavailable', 'NotImplemented', 'InvalidRequest', 'NoSuchUpload'],
  ...['EntityTooLarge', 'BadDigest', 'InvalidDigest', 'QuotaExceeded', 'NoSuchKey', 'MethodNotAllowed'],
  ...['XAmzContentSHA256Mismatch', 'InvalidArgument', 'OperationAborted', 'ConditionalRequestConflict'],
])

// constructor ------------------------------------------------------------------------------------

/** Left of every operation of a store. @param where the store, or the object in it */
export const faultOf =
  ({ server, location }: Pick<Connection, 'server' | 'location'>, where = s3Name(location)) =>
  (cause: unknown): Fault => {
    const code = codeOf(cause)
    const refusal = Object.hasOwn(refusals, code) ? refusals[code] : undefined
    const at = `at ${server}`
    if (refusal !== undefined)
      return badInput('StoreRefused', `${refusal[0]} ${at}`, { where, remedy: refusal[1] })
    const status = statusOf(cause)
    if (status === 401 || status === 403)
      return badInput('StoreRefused', `access is denied ${at} (HTTP ${status})`, {
        where,
        remedy: credentials,
      })
    const socket = status === undefined ? socketCode(cause) : undefined
    if (socket !== undefined)
      return failure('StoreFailed', `${server} ${sockets[socket] ?? ''} (${socket})`, {
        where,
        remedy: 'see whether the server runs and AWS_ENDPOINT_URL is right, then run the same command again',
      })
    // Of this machine's own files.
    if (typeof field(cause, 'errno') === 'number') return failure('WriteFailed', causeLine(cause), { where })
    const again = 'run the same command again'
    if (code === 'TimeoutError')
      return failure('StoreFailed', `${server} does not answer`, { where, remedy: again })
    if (cause instanceof Damaged)
      return failure('StoreFailed', `${cause.message}, from ${server}`, {
        where,
        remedy: `${again}; where that does not help, remove it from the store first`,
      })
    return status === undefined || status < 300
      ? failure('StoreFailed', `the answer of ${server} cannot be read`, { where, remedy: again })
      : failure('StoreFailed', `${server} answers HTTP ${status}${shownCode(cause)}`, {
          where,
          remedy: again,
        })
  }
