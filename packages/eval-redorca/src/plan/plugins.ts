/**
 * Methods come from outside: a configuration names a module, the module is loaded when a benchmark runs, and its `plugins` are
 * checked before they are believed. Nothing here knows a method.
 */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DefencePlugin,
  type Fault,
  type Parameters,
  type Stage,
  badInput,
  causeLine,
  stages,
} from '@safe/tensor-core/contracts'
import type { Method } from '../config/config'

// model ------------------------------------------------------------------------------------------

/** A method as it will be used: its plugin, its options with defaults filled in, the version of its package. */
export interface LoadedMethod {
  readonly method: Method
  readonly plugin: DefencePlugin
  readonly options: Parameters
  readonly version: string
}

/** A module and its version, by name. */
export type LoadModule = (
  name: string,
) => E.Either<Fault, { readonly exports: unknown; readonly version: string }>

// loading ----------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const versionOf = (require: NodeJS.Require, name: string): string => {
  try {
    const found: unknown = require(`${name}/package.json`)
    return isRecord(found) && typeof found['version'] === 'string' ? found['version'] : 'unversioned'
  } catch {
    return 'unversioned'
  }
}

/** From the project one stands in, else from beside this package. */
export const loadModule: LoadModule = (name) => {
  const places = [createRequire(join(process.cwd(), 'package.json')), createRequire(__filename)]
  const found = places.find((require) => {
    try {
      require.resolve(name)
      return true
    } catch {
      return false
    }
  })
  return found === undefined
    ? E.left(
        badInput('MethodMissing', 'is not installed', { where: name, remedy: `run npm install ${name}` }),
      )
    : E.tryCatch(
        () => {
          const exports: unknown = found(name)
          return { exports, version: versionOf(found, name) }
        },
        (cause) =>
          badInput('MethodMissing', `cannot be loaded (${causeLine(cause)})`, {
            where: name,
            remedy: 'install it again',
          }),
      )
}

// checking ---------------------------------------------------------------------------------------

const isPlugin = (u: unknown): u is DefencePlugin =>
  isRecord(u) &&
  u['specificationVersion'] === 1 &&
  typeof u['name'] === 'string' &&
  typeof u['summary'] === 'string' &&
  stages.some((stage) => stage === u['stage']) &&
  typeof u['create'] === 'function' &&
  typeof u['complete'] === 'function'

const pluginOf = (exports: unknown, method: Method, stage: Stage): E.Either<Fault, DefencePlugin> => {
  const where = `${method.use} (${method.name})`
  const offered = isRecord(exports) ? exports['plugins'] : undefined
  if (!Array.isArray(offered))
    return E.left(
      badInput('MethodMissing', 'exports no list named plugins', {
        where: method.use,
        remedy: 'name a method package',
      }),
    )
  const plugins = offered.filter(isPlugin)
  const found = plugins.find((p) => p.name === method.name)
  if (found === undefined)
    return E.left(
      badInput('MethodMissing', 'is not offered there', {
        where,
        remedy: `it offers ${plugins.map((p) => p.name).join(', ')}`,
      }),
    )
  return found.stage === stage
    ? E.right(found)
    : E.left(badInput('BadConfig', `acts at the ${found.stage} stage, not at ${stage}`, { where }))
}

/** The method as it will be used; a fault names it. */
export const loadMethod =
  (load: LoadModule) =>
  (method: Method, stage: Stage): TE.TaskEither<Fault, LoadedMethod> =>
    pipe(
      TE.fromEither(load(method.use)),
      TE.chain(({ exports, version }) =>
        pipe(
          TE.fromEither(pluginOf(exports, method, stage)),
          TE.chain((plugin) =>
            pipe(
              plugin.complete(method.options),
              TE.map((options) => ({ method: { ...method, options }, plugin, options, version })),
            ),
          ),
        ),
      ),
    )
