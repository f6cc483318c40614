/** Decoding of all input from outside: the errors of an io-ts codec become one readable line that names the bad value. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type * as t from 'io-ts'
import { type Fault, type InputError, badInput } from '../contracts'

// model ------------------------------------------------------------------------------------------

type Decoder<A> = t.Decoder<unknown, A>

// formatting -------------------------------------------------------------------------------------

const isPlainName = (key: string): boolean => /^[A-Za-z_$][\w$-]*$/.test(key)

/** Context entries of unions and intersections name a branch of the type, not a place in the value. */
const isBranch = (parent: t.ContextEntry | undefined): boolean => {
  const type: unknown = parent?.type
  return (
    typeof type === 'object' &&
    type !== null &&
    '_tag' in type &&
    (type._tag === 'UnionType' || type._tag === 'IntersectionType')
  )
}

const placeOf = (context: t.Context): ReadonlyArray<string> =>
  context.flatMap((entry, i) => (i === 0 || isBranch(context[i - 1]) ? [] : [entry.key]))

/** A path as text: `rope_scaling.factor`, `messages[2].role`. */
const pathText = (keys: ReadonlyArray<string>): string =>
  keys
    .map((key, i) =>
      /^\d+$/.test(key)
        ? `[${key}]`
        : isPlainName(key)
          ? `${i === 0 ? '' : '.'}${key}`
          : `[${JSON.stringify(key)}]`,
    )
    .join('')

const jsonText = (u: unknown): string => {
  try {
    return JSON.stringify(u)
  } catch {
    return 'a value that cannot be shown'
  }
}

/** A value quoted for a message, cut to 60 characters. */
export const shownValue = (u: unknown): string => {
  const text =
    u === undefined
      ? 'missing'
      : typeof u === 'bigint' || typeof u === 'function' || typeof u === 'symbol'
        ? typeof u
        : jsonText(u)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

const wanted = (e: t.ValidationError): string => e.context.at(-1)?.type.name ?? 'another value'

/** One line for the errors at the deepest place: `field rope_scaling.factor must be a number, but is "8"`. */
export const errorLine = (errors: ReadonlyArray<t.ValidationError>): string => {
  const placed = errors.map((e) => ({ e, keys: placeOf(e.context) }))
  const deepest = placed.reduce((d, { keys }) => Math.max(d, keys.length), 0)
  const first = placed.find(({ keys }) => keys.length === deepest)
  if (first === undefined) return 'is not what it should be'
  const path = pathText(first.keys)
  const same = placed.filter(({ keys }) => pathText(keys) === path)
  const subject = path === '' ? '' : `field ${path} `
  if (first.e.message !== undefined) return `${subject}${first.e.message}`
  if (first.e.value === undefined) return `${subject}is missing`
  const types = [...new Set(same.map(({ e }) => wanted(e)))].join(' or ')
  return `${subject}must be ${types}, but is ${shownValue(first.e.value)}`
}

// decoding ---------------------------------------------------------------------------------------

/** Decodes with a codec; the error has the given tag: `decodeAs('FileDamaged')(Header, path)(json)`. */
export const decodeAs =
  <Tag extends string>(tag: Tag) =>
  <A>(codec: Decoder<A>, where: string, remedy?: string) =>
  (u: unknown): E.Either<Fault<Tag>, A> =>
    pipe(
      codec.decode(u),
      E.mapLeft((errors) =>
        badInput(tag, errorLine(errors), { where, ...(remedy === undefined ? {} : { remedy }) }),
      ),
    )

/** Decodes a user's configuration or rows; the error is `BadConfig`. `where` is a file, `file:line` or an option. */
export const decodeWith = <A>(
  codec: Decoder<A>,
  where: string,
  remedy?: string,
): ((u: unknown) => E.Either<InputError, A>) =>
  decodeAs<InputError['_tag']>('BadConfig')(codec, where, remedy)
