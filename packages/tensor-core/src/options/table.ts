/**
 * A table of options as one thing: its defaults, its decoder, its io-ts codec. Keys are camelCase in code and kebab-case in files;
 * both spellings are read. Faults name the field, never a flag: only the command line speaks of flags.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type InputError, badInput } from '../contracts'
import { shownValue } from '../files'
import { type Defaulted, type Option, type OptionTable, type Values, camel, kebab } from './option'

// model ------------------------------------------------------------------------------------------

/** Values by option name, not decoded yet. */
export type Given = Readonly<Record<string, unknown>>

/** What is wrong with one field. */
interface Problem {
  readonly field: string
  readonly message: string
  readonly value: unknown
}

// parts ------------------------------------------------------------------------------------------

/** @param values one per option of the table, each decoded by its own option */
const assembled = <T extends OptionTable>(values: Given): Values<T> =>
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- what TypeScript cannot see is said above
  values as Values<T>

const valueOf = (field: string, option: Option<unknown>, given: Given): E.Either<Problem, unknown> => {
  const value = given[field]
  return pipe(
    value === undefined
      ? pipe(
          option.fallback,
          E.mapLeft(() => 'is required'),
        )
      : option.decode(value),
    E.mapLeft((message): Problem => ({ field, message, value })),
  )
}

const decoded = <T extends OptionTable>(table: T, given: Given): E.Either<Problem, Values<T>> =>
  pipe(
    Object.entries(table),
    E.traverseArray(([name, option]) =>
      pipe(
        valueOf(name, option, given),
        E.map((value) => [name, value] as const),
      ),
    ),
    E.map((entries) => assembled<T>(Object.fromEntries(entries))),
  )

const camelKeys = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [camel(key), value]))

/** The values of a mapping that may hold the table's options and nothing else. */
const closed = <T extends OptionTable>(table: T, given: Given): E.Either<Problem, Values<T>> => {
  const unknown = Object.keys(given).find((key) => !(camel(key) in table))
  return unknown === undefined
    ? decoded(table, camelKeys(given))
    : E.left({
        field: camel(unknown),
        message: `is not an option; use ${Object.keys(table).map(kebab).join(', ')}`,
        value: given[unknown],
      })
}

const fault = (
  tag: InputError['_tag'],
  where: string | undefined,
  { field, message, value }: Problem,
): InputError =>
  badInput(tag, value === undefined ? message : `${message}, but is ${shownValue(value)}`, {
    field,
    ...(where === undefined ? {} : { where }),
  })

const isMapping = (u: unknown): u is Given => typeof u === 'object' && u !== null && !Array.isArray(u)

// destructors ------------------------------------------------------------------------------------

/** The values of a table where nothing is given. */
export const defaultsOf = <T extends Readonly<Record<string, Defaulted<unknown>>>>(table: T): Values<T> =>
  assembled<T>(Object.fromEntries(Object.entries(table).map(([name, o]) => [name, o.fallback.right])))

/**
 * The values of a table's options among those given; others are left alone (a command's own and the common options are decoded
 * from one record). Left `BadOption` with the field's name.
 */
export const decodeOptions = <T extends OptionTable>(
  table: T,
  given: Given,
): E.Either<InputError, Values<T>> =>
  pipe(
    decoded(table, given),
    E.mapLeft((problem) => fault('BadOption', undefined, problem)),
  )

/**
 * The options of a method out of a configuration: nothing unknown is let through, what is left out has its default. Left
 * `BadConfig` with the field's name. @param where the method's name, for the message
 */
export const decodeConfigured =
  <T extends OptionTable>(table: T, where: string) =>
  (given: Given): E.Either<InputError, Values<T>> =>
    pipe(
      closed(table, given),
      E.mapLeft((problem) => fault('BadConfig', where, problem)),
    )

/** A table as an io-ts codec: a mapping with the table's options and no others, in camelCase or kebab-case. */
export const codecOf = <T extends OptionTable>(table: T): t.Type<Values<T>, unknown> => {
  const read = (u: unknown): E.Either<Problem, Values<T>> =>
    isMapping(u) ? closed(table, u) : E.left({ field: '', message: 'must be a mapping', value: u })
  return new t.Type<Values<T>, unknown>(
    'a mapping',
    (u): u is Values<T> => E.isRight(read(u)),
    (u, c) =>
      pipe(
        read(u),
        E.match(
          ({ field, message, value }) =>
            t.failure(
              value,
              field === '' ? c : [...c, { key: kebab(field), type: t.unknown, actual: value }],
              value === undefined ? message : `${message}, but is ${shownValue(value)}`,
            ),
          (values) => t.success(values),
        ),
      ),
    (values) => documentOf(values),
  )
}

/** Values as plain JSON: what is undefined is left out. This is what a defence shows as its parameters. */
export const parametersOf = (values: Given): Given =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

/** Values as a file says them: kebab-case, what is undefined left out. */
export const documentOf = (values: Given): Given =>
  Object.fromEntries(Object.entries(parametersOf(values)).map(([name, value]) => [kebab(name), value]))
