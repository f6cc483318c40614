/** Option values out of `--config FILE.yaml`. */
import { readFileSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { parse as parseYaml } from 'yaml'
import { type Fault, badInput, causeLine } from '../../contracts'
import { codeOf, readError } from '../../files/input'
import { type Given, type OptionTable, kebab } from '../../options'

/** The keys of a YAML file as option values. */
export const readConfig = (path: string, table: OptionTable): E.Either<Fault, Given> =>
  pipe(
    E.tryCatch(
      (): unknown => parseYaml(readFileSync(path, 'utf8')),
      (cause): Fault =>
        codeOf(cause) === ''
          ? badInput('BadConfig', `is not YAML (${causeLine(cause).replace(/:$/, '')})`, {
              where: path,
              remedy: 'correct the file',
            })
          : { ...readError(path)(cause), _tag: 'BadConfig' },
    ),
    E.chain((u) => {
      if (u === null)
        return E.left(
          badInput('BadConfig', 'is empty', { where: path, remedy: 'write options as NAME: VALUE' }),
        )
      if (typeof u !== 'object' || Array.isArray(u))
        return E.left(
          badInput('BadConfig', 'must be a mapping of options to values', {
            where: path,
            remedy: 'write options as NAME: VALUE',
          }),
        )
      const names = new Map(Object.keys(table).map((name) => [kebab(name), name]))
      // `no-shuffle: true`, as on the command line, is `shuffle: false`.
      const off = new Map(
        Object.entries(table).flatMap(([name, { arity }]) =>
          arity === 'off' ? [[`no-${kebab(name)}`, name]] : [],
        ),
      )
      const unknown = Object.keys(u).find((key) => !names.has(key) && !off.has(key))
      return unknown === undefined
        ? E.right(
            Object.fromEntries(
              Object.entries(u).map(([key, value]: readonly [string, unknown]) => {
                const switched = off.get(key)
                return switched === undefined
                  ? [names.get(key) ?? key, value]
                  : [switched, typeof value === 'boolean' ? !value : value]
              }),
            ),
          )
        : E.left(
            badInput('BadConfig', `has the unknown option ${unknown}`, { where: path, remedy: 'see --help' }),
          )
    }),
  )
