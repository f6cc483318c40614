/**
 * The npm package that contains the addon's sources and kernels: `@tensorflow/tfjs-node-gpu`, or `@tensorflow/tfjs-node`, which
 * has the same ones. Its entry is never loaded: that looks for the addon inside node_modules and throws if it is missing.
 */
import { existsSync, readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type EngineError, failure } from '../../contracts'
import type { Variant } from './home'

// model ------------------------------------------------------------------------------------------

export interface NodePackage {
  readonly name: string
  readonly version: string
  readonly folder: string
  /** The addon that a normal installation has built or downloaded, if that worked. */
  readonly addon?: string
}

/** `require` from this file, as `unknown`: its result is checked before use. */
export const requireUnknown = (id: string): unknown => createRequire(__filename)(id)
const resolve = (id: string): E.Either<unknown, string> =>
  E.tryCatch(
    () => createRequire(__filename).resolve(id),
    (e) => e,
  )

// finding ----------------------------------------------------------------------------------------

const installedAddon = (folder: string): string | undefined =>
  pipe(
    E.tryCatch(
      () => readdirSync(join(folder, 'lib')),
      () => undefined,
    ),
    E.getOrElse((): string[] => []),
  )
    .filter((name) => name.startsWith('napi-v'))
    .map((name) => join(folder, 'lib', name, 'tfjs_binding.node'))
    .find((path) => existsSync(path))

const versionOf = (u: unknown): string =>
  typeof u === 'object' && u !== null && 'version' in u && typeof u.version === 'string'
    ? u.version
    : 'unknown'

const find = (name: string): ReadonlyArray<NodePackage> =>
  pipe(
    resolve(`${name}/package.json`),
    E.match(
      () => [],
      (file) => {
        const folder = dirname(file)
        const addon = installedAddon(folder)
        return [
          {
            name,
            folder,
            version: versionOf(requireUnknown(file)),
            ...(addon === undefined ? {} : { addon }),
          },
        ]
      },
    ),
  )

const gpuPackage = '@tensorflow/tfjs-node-gpu'
const cpuPackage = '@tensorflow/tfjs-node'

/** A package whose own installation works for this engine: the CUDA engine is the GPU package's. */
export const installedPackage = (variant: Variant): NodePackage | undefined =>
  find(variant === 'cuda' ? gpuPackage : cpuPackage).find((p) => p.addon !== undefined)

/** @returns left if neither package is installed, with the command that installs one. */
export const sourcePackage = (): E.Either<EngineError, NodePackage> =>
  pipe(
    [gpuPackage, cpuPackage].flatMap(find)[0],
    E.fromNullable(
      failure('EngineUnavailable', `${gpuPackage} is not installed`, {
        remedy: `npm install ${gpuPackage}@4.22.0 --ignore-scripts`,
      }),
    ),
  )
