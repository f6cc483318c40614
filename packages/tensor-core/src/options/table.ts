/**
 * A table of options as one thing: its defaults, its decoder, its io-ts codec. Keys are camelCase in code and kebab-case in files;
 * both spellings are read. Faults name the field, never a flag: only the command line shows flags.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type InputError, badInput } from '../contracts'
import { shownValue } from '../files'
import {
  type Defaulted,
  type Option,
  type OptionTable,
  type Values,
  camel,
  kebab,
  withDefault,
} from './option'

// model ------------------------------------------------------------------------------------------

/** Values by option name, not decoded yet. */
export type Given = Readonly<Record<string, unknown>>

/** Options that all have a default. */
export type DefaultedTable = Readonly<Record<string, Defaulted<unknown>>>

/** The values of a table that have an effect: options without a value, and those that another option replaces, are left out. */
export type Deciding<T extends OptionTable> = {
  readonly [K in keyof T]?: Exclude<Values<T>[K], undefined>
}

/** What is wrong with one field. */
interface Problem {
  readonly field: string
  readonly message: string
  readonly value?: unknown
  readonly remedy?: string
}

// parts ------------------------------------------------------------------------------------------

/** @param values options of one table under their names, each decoded by its own option */
const assembled = <T extends OptionTable>(values: Given): Values<T> & Deciding<T> =>
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- TypeScript cannot check the condition stated above
  values as Values<T> & Deciding<T>

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

/** Whether two options are given of which one replaces the other. */
const bothGiven = (field: string, { insteadOf }: Option<unknown>, given: Given): boolean =>
  insteadOf !== undefined && given[field] !== undefined && given[insteadOf] !== undefined

const decoded = <T extends OptionTable>(table: T, given: Given): E.Either<Problem, Values<T>> =>
  pipe(
    Object.entries(table),
    E.traverseArray(([name, option]) =>
      bothGiven(name, option, given)
        ? E.left({
            field: name,
            message: `give either \`${option.insteadOf ?? ''}\` or \`${name}\``,
            remedy: 'leave one out',
          })
        : pipe(
            valueOf(name, option, given),
            E.map((value) => [name, value] as const),
          ),
    ),
    E.map((entries) => assembled<T>(Object.fromEntries(entries))),
  )

const camelKeys = (given: Given): Given =>
  Object.fromEntries(Object.entries(given).map(([key, value]) => [camel(key), value]))

/** The values of a mapping that may contain the table's options and nothing else. */
const closed = <T extends OptionTable>(table: T, given: Given): E.Either<Problem, Values<T>> => {
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(table, camel(key)))
  return unknown === undefined
    ? decoded(table, camelKeys(given))
    : E.left({
        field: camel(unknown),
        message: `is not an option; use ${Object.keys(table).map(kebab).join(', ')}`,
      })
}

const messageOf = ({ message, value }: Problem): string =>
  value === undefined ? message : `${message}, but is ${shownValue(value)}`

const fault = (tag: InputError['_tag'], where: string | undefined, problem: Problem): InputError =>
  badInput(tag, messageOf(problem), {
    field: problem.field,
    ...(where === undefined ? {} : { where }),
    ...(problem.remedy === undefined ? {} : { remedy: problem.remedy }),
  })

const isMapping = (u: unknown): u is Given => typeof u === 'object' && u !== null && !Array.isArray(u)

// constructors -----------------------------------------------------------------------------------

/**
 * The table with other defaults: a control is a method with some options set, a method's training recipe is the general recipe
 * with other values. @param source the origin of these defaults
 */
export const withDefaults = <T extends DefaultedTable>(
  table: T,
  defaults: Partial<Values<T>>,
  source?: string,
): T => {
  const changed: Record<string, Defaulted<unknown>> = {}
  for (const [name, option] of Object.entries(table)) {
    const value = defaults[name]
    if (value !== undefined) changed[name] = { ...option, ...withDefault(value, option, source) }
  }
  return { ...table, ...changed }
}

// destructors ------------------------------------------------------------------------------------

/** The values of a table where nothing is given. */
export const defaultsOf = <T extends DefaultedTable>(table: T): Values<T> =>
  assembled<T>(Object.fromEntries(Object.entries(table).map(([name, o]) => [name, o.fallback.right])))

/** The given values of a table, completed by its defaults. They are not checked: `decodeOptions` does that. */
export const completed = <T extends DefaultedTable>(table: T, given: Partial<Values<T>>): Values<T> => ({
  ...defaultsOf(table),
  ...assembled<T>(
    Object.fromEntries(
      Object.entries(given).filter(([name, value]) => Object.hasOwn(table, name) && value !== undefined),
    ),
  ),
})

/**
 * The values of a table where some are given in code: completed, and checked like those of a configuration. An option that
 * another one replaces is ignored. Left `BadOption` with the field's name.
 */
export const checked = <T extends DefaultedTable>(
  table: T,
  given: Partial<Values<T>>,
): E.Either<InputError, Values<T>> => decodeOptions(table, parametersOf(table, completed(table, given)))

/** The values of a table out of those of a larger table that contains it. */
export const valuesIn = <T extends OptionTable>(table: T, values: Values<T>): Values<T> =>
  assembled<T>(Object.fromEntries(Object.entries(values).filter(([name]) => Object.hasOwn(table, name))))

/** The decoded values that have an effect, as plain JSON: kept with results and shown in reports. */
export const parametersOf = <T extends OptionTable>(table: T, values: Values<T>): Deciding<T> => {
  const replaced = Object.entries(table).flatMap(([name, { insteadOf }]) =>
    insteadOf !== undefined && values[name] !== undefined ? [insteadOf] : [],
  )
  return assembled<T>(
    Object.fromEntries(
      Object.entries(values).filter(
        ([name, value]) => Object.hasOwn(table, name) && value !== undefined && !replaced.includes(name),
      ),
    ),
  )
}

/**
 * The values of a table's options among those given; others are ignored (a command's own options and the common ones are decoded
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
 * The options of a method from a configuration: unknown keys are refused, omitted options have their defaults. Left
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
          (problem) =>
            t.failure(
              problem.value,
              problem.field === ''
                ? c
                : [...c, { key: kebab(problem.field), type: t.unknown, actual: problem.value }],
              messageOf(problem),
            ),
          (values) => t.success(values),
        ),
      ),
    (values) => documentOf(parametersOf(table, values)),
  )
}

/** Values as they are written to a file: in kebab-case, without undefined ones. */
export const documentOf = (values: Given): Given =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[kebab(name), value]])),
  )
