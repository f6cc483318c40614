/** How a model behind a URL is named: `http://HOST:PORT/v1#MODEL`. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type EndpointError, badInput } from '../contracts'

// model ------------------------------------------------------------------------------------------

/** A model of an OpenAI-compatible server. */
export interface EndpointAddress {
  /** What `/chat/completions` is appended to; without a slash at its end. */
  readonly url: string
  /** The model's name, as the server knows it. */
  readonly model: string
}

const form = 'write http://HOST:PORT/v1#MODEL'
const longestName = 500

// destructors ------------------------------------------------------------------------------------

/** The address as text; it parses to the same value. It holds no secret: an address with a password is refused. */
export const addressText = ({ url, model }: EndpointAddress): string => `${url}#${model}`

// parts ------------------------------------------------------------------------------------------

/** The text for a message: a password, or what may be a key in a query, is not shown. */
const shown = (text: string): string => text.replace(/\/\/[^/]*@/, '//...@').replace(/\?[^#]*/, '?...')

const operation = /\/(chat\/completions|completions|responses|models)$/

const problemOf = (url: URL | undefined): readonly [message: string, remedy: string] | undefined =>
  url === undefined || !/^https?:$/.test(url.protocol)
    ? ['is not an http or https address', form]
    : url.username !== '' || url.password !== ''
      ? [
          'contains a user name or a password',
          'leave it out; the key is read from the variable that `apiKeyEnv` names',
        ]
      : url.search !== ''
        ? ['contains a query', 'leave out the part from ? on']
        : operation.test(url.pathname)
          ? ['names an operation', `leave out ${operation.exec(url.pathname)?.[0] ?? ''}`]
          : undefined

// constructors -----------------------------------------------------------------------------------

/**
 * Parses `URL#MODEL`. The model's name is everything after the first `#`, as it stands. An address without a path gets `/v1`, which
 * is where servers answer; any other path is kept.
 *
 * @returns left `BadOption`: not http or https, a password or a query in the address, or no model
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { isLeft } from 'fp-ts/Either'
 * import { parseAddress } from '@safe/tensor-core/endpoint'
 *
 * assert.deepStrictEqual(parseAddress('http://localhost:8000#Qwen/Qwen3-8B'), {
 *   _tag: 'Right',
 *   right: { url: 'http://localhost:8000/v1', model: 'Qwen/Qwen3-8B' },
 * })
 * assert(isLeft(parseAddress('http://localhost:8000/v1')))
 * assert(isLeft(parseAddress('https://me:secret@example.org/v1#judge')))
 * ```
 */
export const parseAddress = (text: string): E.Either<EndpointError, EndpointAddress> => {
  const bad = (message: string, remedy: string): E.Either<EndpointError, never> =>
    E.left(badInput('BadOption', message, { where: shown(text), remedy }))
  const hash = text.indexOf('#')
  const before = hash < 0 ? text : text.slice(0, hash)
  const model = hash < 0 ? '' : text.slice(hash + 1)
  const url = URL.canParse(before) ? new URL(before) : undefined
  const problem = problemOf(url)
  if (problem !== undefined || url === undefined) return bad(...(problem ?? ['is not an address', form]))
  const path = url.pathname.replace(/\/+$/, '')
  const place = `${url.origin}${path === '' ? '/v1' : path}`
  return pipe(
    model.trim() === ''
      ? bad('names no model', `append #MODEL, the name that the server lists at ${place}/models`)
      : model.length > longestName || /[\u0000-\u001f\u007f]/.test(model)
        ? bad('names an impossible model', form)
        : E.right({ url: place, model }),
  )
}
