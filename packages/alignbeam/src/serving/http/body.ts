/** The JSON body of a request, read up to a limit. */
import type { IncomingMessage } from 'node:http'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Problem, badRequest, clientGone } from './problem'

// problems ---------------------------------------------------------------------------------------

const notJson: Problem = badRequest('the body is not JSON in UTF-8', 'invalid_json')
const wrongType: Problem = badRequest(
  'the body must be sent as `Content-Type: application/json`, without compression',
  'unsupported_media_type',
  { status: 415 },
)
const tooLarge = (limit: number): Problem =>
  badRequest(`the body must be at most ${limit} bytes`, 'request_too_large', { status: 413 })

// parts ------------------------------------------------------------------------------------------

/** Other types are refused: a web page can send those to any address without asking, and JSON only where it is allowed to. */
const checkType = ({ headers }: IncomingMessage): E.Either<Problem, void> => {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  const encoding = headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  return type === 'application/json' && encoding === 'identity' ? E.right(undefined) : E.left(wrongType)
}

const readBytes = (incoming: IncomingMessage, limit: number): TE.TaskEither<Problem, Buffer> =>
  Number(incoming.headers['content-length'] ?? 0) > limit
    ? TE.left(tooLarge(limit))
    : () =>
        new Promise((resolve) => {
          const chunks: Array<Buffer> = []
          let size = 0
          const settle = (result: E.Either<Problem, Buffer>): void => {
            incoming.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
            // An error without a listener would end the process.
            incoming.on('error', () => undefined)
            resolve(result)
          }
          const onData = (chunk: Buffer): void => {
            size += chunk.length
            if (size > limit) settle(E.left(tooLarge(limit)))
            else chunks.push(chunk)
          }
          const onEnd = (): void => settle(E.right(Buffer.concat(chunks)))
          const onClose = (): void => settle(E.left(clientGone))
          incoming.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
        })

/** Codecs copy records by assignment, where the key `__proto__` would replace the prototype of the copy. */
const withoutPrototypes = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value)

/** JSON that is nested too deeply for the stack is refused too. */
const parse = (bytes: Buffer): E.Either<Problem, unknown> =>
  E.tryCatch(
    (): unknown => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), withoutPrototypes),
    () => notJson,
  )

// constructors -----------------------------------------------------------------------------------

/** The body as JSON. Left: 415, 413, 400, or that the client left. */
export const readJsonBody = (incoming: IncomingMessage, limit: number): TE.TaskEither<Problem, unknown> =>
  pipe(
    TE.fromEither(checkType(incoming)),
    TE.chain(() => readBytes(incoming, limit)),
    TE.chainEitherK(parse),
  )
