/**
 * Records of a configuration file: named fields, some with defaults, and no others, so that a misspelt key is an error and not a
 * silent default. Keys are written in kebab-case and read in camelCase; both spellings are accepted.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { camel, kebab } from '@safe/tensor-core/options'

type Fields = Readonly<Record<string, unknown>>

/** The keys of one level in camelCase. */
const camelKeys = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [camel(key), value]))

/** Errors in the fields of a level name its keys as a file writes them. @param depth the level's place in the errors' paths */
const kebabKeys = (errors: t.Errors, depth: number): t.Errors =>
  errors.map((e) => ({
    ...e,
    context: e.context.map((entry, i) => (i === depth ? { ...entry, key: kebab(entry.key) } : entry)),
  }))

// codecs -----------------------------------------------------------------------------------------

/** Whether a value is a mapping. */
export const isFields = (u: unknown): u is Fields => typeof u === 'object' && u !== null && !Array.isArray(u)

/** An absent field becomes `value`. */
export const withDefault = <A>(codec: t.Type<A, unknown>, value: A): t.Type<A, unknown> =>
  new t.Type(
    codec.name,
    (u): u is A => codec.is(u),
    (u, c) => (u === undefined ? t.success(value) : codec.validate(u, c)),
    (a) => codec.encode(a),
  )

/** A number that satisfies a condition. `name` is its description in error messages: "must be NAME". */
export const numberThat = (name: string, isValid: (x: number) => boolean): t.Type<number, unknown> =>
  new t.Type(
    name,
    (u): u is number => typeof u === 'number' && isValid(u),
    (u, c) => (typeof u === 'number' && isValid(u) ? t.success(u) : t.failure(u, c)),
    (x) => x,
  )

export const count = numberThat('a whole number of at least 1', (x) => Number.isSafeInteger(x) && x >= 1)
export const shareFromZero = numberThat('a number from 0 to 1', (x) => x >= 0 && x <= 1)
export const wholeFromZero = numberThat(
  'a whole number of at least 0',
  (x) => Number.isSafeInteger(x) && x >= 0,
)

export const oneOf = <const A extends string>(...choices: ReadonlyArray<A>): t.Type<A, unknown> => {
  const is = (u: unknown): u is A => choices.some((c) => c === u)
  return new t.Type(
    `one of ${choices.join(', ')}`,
    is,
    (u, c) => (is(u) ? t.success(u) : t.failure(u, c)),
    (a) => a,
  )
}

/** An object with these fields and no others. */
export const closed = <P extends t.Props>(fields: P): t.Type<t.TypeOf<t.TypeC<P>>, unknown> => {
  const inner = t.type(fields)
  return new t.Type(
    'a mapping',
    inner.is.bind(inner),
    (u, c) => {
      if (!isFields(u)) return t.failure(u, c)
      const named = camelKeys(u)
      const unknownKey = Object.keys(named).find((key) => !(key in fields))
      return unknownKey === undefined
        ? pipe(
            inner.validate(named, c),
            E.mapLeft((errors) => kebabKeys(errors, c.length)),
          )
        : t.failure(
            named[unknownKey],
            [...c, { key: kebab(unknownKey), type: t.unknown, actual: named[unknownKey] }],
            `is not known; use ${Object.keys(fields).map(kebab).join(', ')}`,
          )
    },
    (a) => inner.encode(a),
  )
}

export const optional = <A>(codec: t.Type<A, unknown>): t.Type<A | undefined, unknown> =>
  new t.Type(
    codec.name,
    (u): u is A | undefined => u === undefined || codec.is(u),
    (u, c) => (u === undefined ? t.success(undefined) : codec.validate(u, c)),
    (a) => (a === undefined ? undefined : codec.encode(a)),
  )

/** Any mapping, its keys in camelCase: the options of a method, which the method itself decodes. */
export const options: t.Type<Fields, unknown> = new t.Type(
  'a mapping',
  isFields,
  (u, c) => (isFields(u) ? E.right(camelKeys(u)) : t.failure(u, c)),
  (a) => a,
)
