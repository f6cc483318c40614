/**
 * Methods are external: a configuration names a module, the module is loaded when a benchmark runs, and its `plugins` are
 * checked before use. No method is known here in advance.
 */
import { isAbsolute, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import {
  type DefencePlugin,
  type Fault,
  type MethodError,
  type Parameters,
  type Stage,
  badInput,
  causeLine,
  failure,
  pluginVersion,
  resourceNames,
  stages,
} from '@safe/tensor-core/contracts'
import { type Method, methodName } from '../config/methods'
import { installed } from '../modules/installed'
import { byKey } from './byKey'
import { computingVersion } from './sources'

// model ------------------------------------------------------------------------------------------

/** A method with its plugin, its options with defaults filled in, and the version of its code. */
export interface LoadedMethod {
  readonly method: Method
  readonly plugin: DefencePlugin
  readonly options: Parameters
  readonly version: string
  /** The methods that it is the control of, at the same strength, where it reads what they do. */
  readonly counterpart?: ReadonlyArray<LoadedMethod>
}

/** Whether a method reads what the method does that it is the control of. */
export const readsCounterpart = ({ plugin }: LoadedMethod): boolean => plugin.needs.includes('counterpart')

/** Loads a module by its name and gives its exports and the version of its code. */
export type LoadModule = (
  name: string,
) => E.Either<MethodError, { readonly exports: unknown; readonly version: string }>

// loading ----------------------------------------------------------------------------------------

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

const versionOf = (require: NodeJS.Require, name: string): string | undefined => {
  try {
    const found: unknown = require(`${name}/package.json`)
    return isRecord(found) && typeof found['version'] === 'string' ? found['version'] : undefined
  } catch {
    return undefined
  }
}

/** A module given as a path is resolved from the current folder. */
const isPath = (name: string): boolean => /^\.{1,2}[\\/]/.test(name) || isAbsolute(name)

/** Loads it from the project in the current folder, otherwise from this package's location. */
export const loadModule: LoadModule = (name) => {
  const id = isPath(name) ? resolve(name) : name
  const found = installed(id)
  return O.isNone(found)
    ? E.left(
        badInput('MethodMissing', 'is not installed', {
          where: name,
          remedy: isPath(name) ? 'give the path of a module' : `run npm install ${name}`,
        }),
      )
    : E.tryCatch(
        () => {
          const { require, path } = found.value
          const exports: unknown = require(id)
          // Who names a file works on it: the version in a package.json beside it does not follow its changes.
          const version = isPath(name) ? undefined : versionOf(require, id)
          return { exports, version: computingVersion(version, path) }
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
  u['specificationVersion'] === pluginVersion &&
  typeof u['name'] === 'string' &&
  typeof u['summary'] === 'string' &&
  stages.some((stage) => stage === u['stage']) &&
  Array.isArray(u['needs']) &&
  u['needs'].every((need) => resourceNames.some((name) => name === need)) &&
  typeof u['create'] === 'function' &&
  typeof u['complete'] === 'function'

/** What is wrong with an entry of the right name that is not a plugin. */
const problemOf = (u: Readonly<Record<string, unknown>>): string =>
  u['specificationVersion'] !== pluginVersion
    ? `was written for version ${String(u['specificationVersion'])} of the plugin contract, this is version ${pluginVersion}`
    : !Array.isArray(u['needs'])
      ? 'does not declare what it needs'
      : `is not a plugin (name, stage, summary, needs, complete and create; needs are among ${resourceNames.join(', ')})`

const pluginOf = (exports: unknown, method: Method, stage: Stage): E.Either<Fault, DefencePlugin> => {
  const where = `${method.use} (${method.name})`
  const list: unknown = isRecord(exports) ? exports['plugins'] : undefined
  if (!Array.isArray(list))
    return E.left(
      badInput('MethodMissing', 'exports no list named plugins', {
        where: method.use,
        remedy: 'name a method package',
      }),
    )
  const entries: ReadonlyArray<unknown> = list
  const found = entries.find((u) => isRecord(u) && u['name'] === method.name)
  if (isPlugin(found))
    return found.stage === stage
      ? E.right(found)
      : E.left(badInput('BadConfig', `acts at the ${found.stage} stage, not at ${stage}`, { where }))
  return E.left(
    isRecord(found)
      ? badInput('MethodMissing', problemOf(found), { where, remedy: 'update that package' })
      : badInput('MethodMissing', 'has no plugin of this name', {
          where,
          remedy: `use ${entries
            .filter(isPlugin)
            .map((p) => p.name)
            .join(', ')}`,
        }),
  )
}

const completed = (plugin: DefencePlugin, { use, name, options }: Method): E.Either<Fault, Parameters> =>
  pipe(
    E.tryCatch(
      () => plugin.complete(options),
      (cause): Fault =>
        failure('MethodMissing', `fails to read its options (${causeLine(cause)})`, {
          where: `${use} (${name})`,
          remedy: 'correct that plugin',
        }),
    ),
    E.flatten,
    E.mapLeft(byKey),
  )

/** Loads a method and completes its options; a fault names the method. */
export const loadMethod =
  (load: LoadModule) =>
  (method: Method, stage: Stage): E.Either<Fault, LoadedMethod> =>
    pipe(
      load(method.use),
      E.chainW(({ exports, version }) =>
        pipe(
          pluginOf(exports, method, stage),
          E.chain((plugin) =>
            pipe(
              completed(plugin, method),
              E.map((options) => ({ method: { ...method, options }, plugin, options, version })),
            ),
          ),
        ),
      ),
    )

/** The method's name in results. */
export const loadedName = ({ method }: LoadedMethod): string => methodName(method)
