/** Option values as they are given, by the shell or by `--config FILE.yaml`, decoded by the options' own table. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { parse as parseYaml } from 'yaml'
import { type Fault, badInput, causeLine } from '../../contracts'
import { type OptionTable, type Values, kebab } from './options'

/** Values by option name, not decoded yet. */
export type Given = Readonly<Record<string, unknown>>

/** Values given, by option name; every problem is a `BadOption` that names the option. */
export const decodeOptions = <T extends OptionTable>(table: T, given: Given): E.Either<Fault, Values<T>> => {
  const decoded: Record<string, unknown> = {}
  for (const [name, option] of Object.entries(table)) {
    const value = given[name]
    const result: E.Either<string, unknown> =
      value === undefined
        ? pipe(
            option.fallback,
            E.mapLeft(() => 'is required'),
          )
        : option.decode(value)
    if (E.isLeft(result))
      return E.left(
        badInput('BadOption', `--${kebab(name)} ${result.left}`, {
          ...(value === undefined ? {} : { where: `--${kebab(name)} ${shown(value)}` }),
          remedy: 'see --help',
        }),
      )
    decoded[name] = result.right
  }
  // eslint-disable-next-line @typescript-eslint/consistent-type-assertions -- every key of the table was decoded by its own option
  return E.right(decoded as Values<T>)
}

const shown = (u: unknown): string => (typeof u === 'string' ? u : JSON.stringify(u)).slice(0, 60)

/** The keys of a YAML file as option values. */
export const readConfig = (path: string, table: OptionTable): E.Either<Fault, Given> =>
  pipe(
    E.tryCatch(
      (): unknown => parseYaml(readFileSync(path, 'utf8')),
      (cause) =>
        badInput('BadConfig', causeLine(cause).replace(/:$/, ''), {
          where: path,
          remedy: 'give a readable YAML file',
        }),
    ),
    E.chain((u) => {
      if (typeof u !== 'object' || u === null || Array.isArray(u))
        return E.left(badInput('BadConfig', 'must be a mapping of options to values', { where: path }))
      const names = new Map(Object.keys(table).map((name) => [kebab(name), name]))
      const unknown = Object.keys(u).find((key) => !names.has(key))
      return unknown === undefined
        ? E.right(Object.fromEntries(Object.entries(u).map(([key, value]) => [names.get(key) ?? key, value])))
        : E.left(
            badInput('BadConfig', `has the unknown option ${unknown}`, { where: path, remedy: 'see --help' }),
          )
    }),
  )
