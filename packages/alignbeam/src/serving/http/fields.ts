/**
 * Codecs of request fields. Their errors say what is allowed and never repeat what was sent: a message may be logged, and a value
 * may be a prompt.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Problem, badField, badRequest } from './problem'

// codecs -----------------------------------------------------------------------------------------

/** A codec that only decodes: what it gives need not look like what it was given. */
export type Field<A> = t.Type<A, unknown>

const nothing: unique symbol = Symbol('nothing')
/** Fields are only ever decoded: no value is said to be decoded already. */
export const undecidable = (u: unknown): u is never => u === nothing

/** @param wanted completes "must be" */
export const field = <A>(wanted: string, read: (u: unknown) => A | undefined): Field<A> =>
  new t.Type<A, unknown>(
    wanted,
    undecidable,
    (u, c) => {
      const value = read(u)
      return value === undefined ? t.failure(u, c, `must be ${wanted}`) : t.success(value)
    },
    (a) => a,
  )

/** Undefined where the field is left out or null: clients send null for what is not set. */
export const maybe = <A>(inner: Field<A>): Field<A | undefined> =>
  new t.Type<A | undefined, unknown>(
    `${inner.name} or null`,
    undecidable,
    (u, c) => (u === undefined || u === null ? t.success(undefined) : inner.validate(u, c)),
    (a) => a,
  )

export const numberIn = (min: number, max: number): Field<number> =>
  field(`a number from ${min} to ${max}`, (u) =>
    typeof u === 'number' && u >= min && u <= max ? u : undefined,
  )
export const wholeIn = (min: number, max: number): Field<number> =>
  field(`a whole number from ${min} to ${max}`, (u) =>
    typeof u === 'number' && Number.isSafeInteger(u) && u >= min && u <= max ? u : undefined,
  )
export const wholeAbove = (min: number): Field<number> =>
  field(`a whole number, at least ${min}`, (u) =>
    typeof u === 'number' && Number.isSafeInteger(u) && u >= min ? u : undefined,
  )
export const anyWhole: Field<number> = field('a whole number of at most 53 bits', (u) =>
  typeof u === 'number' && Number.isSafeInteger(u) ? u : undefined,
)
export const yesOrNo: Field<boolean> = field('true or false', (u) => (typeof u === 'boolean' ? u : undefined))
export const someText: Field<string> = field('a string', (u) => (typeof u === 'string' ? u : undefined))

const isStop = (u: unknown): u is string => typeof u === 'string' && u !== ''
/** One stop string, or up to four. */
export const stopStrings = field<ReadonlyArray<string>>('a string, or up to 4, none empty', (u) =>
  isStop(u) ? [u] : Array.isArray(u) && u.length <= 4 && u.every(isStop) ? u : undefined,
)

// decoding ---------------------------------------------------------------------------------------

/** `messages[0].content` */
const pathOf = (context: t.Context): string =>
  context
    .slice(1)
    .map(({ key }, i) => (/^\d+$/.test(key) ? `[${key}]` : `${i === 0 ? '' : '.'}${key}`))
    .join('')

const problemFrom = (errors: t.Errors): Problem => {
  const [first] = errors
  const param = first === undefined ? '' : pathOf(first.context)
  if (first === undefined || param === '')
    return badRequest('the body must be a JSON object', 'invalid_value')
  return first.value === undefined
    ? badField(param, 'is required', 'missing_required_parameter')
    : badField(param, first.message ?? 'has the wrong type', 'invalid_value')
}

/** Decodes a body; left names the first field at fault. */
export const decodeBody =
  <A>(codec: t.Decoder<unknown, A>) =>
  (json: unknown): E.Either<Problem, A> =>
    pipe(codec.decode(json), E.mapLeft(problemFrom))
