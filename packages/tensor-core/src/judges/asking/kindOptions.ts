/** Options of kinds that ask a model: those of the kind, and those of the place where the model is. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type JudgeError, badInput } from '../../contracts'
import { endpointOptions } from '../../endpoint'
import { type Option, type Values, count, custom, decodeOptions, kebab, optional } from '../../options'
import type { KindOption, ModelKind, OptionValues } from './kind'

// model ------------------------------------------------------------------------------------------

/** Where a model is: in this process, behind a server, or in a function that replies. */
export type ModelPlace = 'process' | 'server' | 'function'

/** How a server is asked; undefined `cache`: the usual folder. */
export type ServerChoice = Values<typeof serverTable>

// tables -----------------------------------------------------------------------------------------

const processTable = {
  context: optional(count("most tokens it reads at once; default: the model's own limit")),
}

const serverTable = {
  apiKeyEnv: endpointOptions.apiKeyEnv,
  concurrency: endpointOptions.concurrency,
  timeout: endpointOptions.timeoutSeconds,
  retries: endpointOptions.retries,
  cache: optional(
    custom(
      'folder of kept replies, or off; default: the usual one',
      'DIR|off',
      (u): E.Either<string, string | false> =>
        typeof u === 'string' && u !== ''
          ? E.right(u === 'off' ? false : u)
          : E.left('must be a folder, or off'),
    ),
  ),
}

const listed = (
  table: Readonly<Record<string, Option<unknown>>>,
  of: NonNullable<KindOption['of']>,
): Readonly<Record<string, KindOption>> =>
  Object.fromEntries(
    Object.entries(table).map(([name, { description, shownDefault }]) => [
      kebab(name),
      { description, of, ...(shownDefault === undefined ? {} : { default: shownDefault }) },
    ]),
  )

/** Options of every kind whose model is in this process, and of every kind whose model is behind a server. */
const placed: Readonly<Record<string, KindOption>> = {
  adapter: { description: 'PEFT adapter folder, or hub:ORG/NAME, applied to the model', of: 'process' },
  ...listed(processTable, 'process'),
  ...listed(serverTable, 'server'),
}

/** All options of a kind. */
export const optionsOf = (kind: ModelKind<unknown>): Readonly<Record<string, KindOption>> => ({
  ...kind.options,
  ...placed,
})

// reading ----------------------------------------------------------------------------------------

type Given = Readonly<Record<string, string | undefined>>

const bad = (where: string, what: string, remedy: string): E.Either<JudgeError, never> =>
  E.left(badInput('BadOption', what, { where, remedy }))

const elsewhere: Readonly<Record<NonNullable<KindOption['of']>, string>> = {
  process: "belongs to a model in this process, not to a server's",
  server: "belongs to a server's model, not to one in this process",
}

/** The values of a table among others. @returns left `BadOption`, which shows the option as it is written */
const decodedBy = <T extends Readonly<Record<string, Option<unknown>>>>(
  table: T,
  where: string,
  given: Given,
): E.Either<JudgeError, Values<T>> =>
  pipe(
    decodeOptions(
      table,
      Object.fromEntries(Object.keys(table).map((field) => [field, given[kebab(field)]] as const)),
    ),
    E.mapLeft(({ field, message }): JudgeError =>
      badInput('BadOption', `${kebab(field ?? '')} ${message}`, { where }),
    ),
  )

/**
 * The options as given, checked, with defaults.
 *
 * @returns left `BadOption`, with what there is: an option that the kind does not have, or not where its model is, or another value
 */
export const optionValues = (
  kind: ModelKind<unknown>,
  given: Readonly<Record<string, string>>,
  place: ModelPlace,
): E.Either<JudgeError, OptionValues> => {
  const all = optionsOf(kind)
  const known = Object.entries(all).filter(([, { of }]) => of === undefined || of === place)
  for (const [name, value] of Object.entries(given)) {
    const option = all[name]
    if (option === undefined)
      return bad(
        kind.name,
        `has no option ${name}`,
        `its options are ${known.map(([other]) => other).join(', ')}`,
      )
    if (option.of !== undefined && option.of !== place)
      return bad(
        kind.name,
        `${name} ${elsewhere[option.of]}`,
        option.of === 'process' ? 'leave it out, or give a folder' : 'leave it out, or give URL#MODEL',
      )
    if (option.values !== undefined && !option.values.includes(value))
      return bad(
        kind.name,
        `${name}=${value} is not a value of that option`,
        `give ${option.values.join(' or ')}`,
      )
  }
  return pipe(
    decodedBy(processTable, kind.name, given),
    E.chain(() => decodedBy(serverTable, kind.name, given)),
    E.map(() =>
      Object.fromEntries(known.map(([name, option]) => [name, given[name] ?? option.default] as const)),
    ),
  )
}

/** How a server is asked, from checked options. */
export const serverChoice = (
  kind: ModelKind<unknown>,
  values: OptionValues,
): E.Either<JudgeError, ServerChoice> => decodedBy(serverTable, kind.name, values)
