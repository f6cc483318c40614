/**
 * The two npm packages of the engine, if they are installed: `webgpu` (Dawn's addon) and TensorFlow.js's backend. They are optional
 * peers: together they take 151 MB, most of it Dawn for other platforms.
 *
 * Dawn's own entry is not loaded: it only adds bookkeeping for every buffer to the same addon.
 */
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { existsSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { requireUnknown } from '../native/package'

// model ------------------------------------------------------------------------------------------

export interface WebgpuPackages {
  /** Dawn's addon for this platform. */
  readonly addon: string
  readonly dawnVersion: string
  /** The entry of TensorFlow.js's backend. */
  readonly backend: string
}

export const installLine = 'npm install webgpu@0.6.2 @tensorflow/tfjs-backend-webgpu@4.22.0'
const dawnPackage = 'webgpu'
const backendPackage = '@tensorflow/tfjs-backend-webgpu'

/** How a package is found; tests pass one that finds nothing. */
export type Resolve = (id: string) => string

const resolveHere: Resolve = (id) => createRequire(__filename).resolve(id)

// finding ----------------------------------------------------------------------------------------

const platform = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`

const versionOf = (u: unknown): string =>
  typeof u === 'object' && u !== null && 'version' in u && typeof u.version === 'string'
    ? u.version
    : 'unknown'

const found = (resolve: Resolve, id: string): E.Either<string, string> =>
  E.tryCatch(
    () => resolve(id),
    () => `${id.replace('/package.json', '')} is not installed; run: ${installLine}`,
  )

/** @returns left the reason if they are not installed, with the command that installs them. */
export const webgpuPackages = (resolve: Resolve = resolveHere): E.Either<string, WebgpuPackages> =>
  pipe(
    E.Do,
    E.bind('dawn', () => found(resolve, `${dawnPackage}/package.json`)),
    E.bind('backend', () => found(resolve, backendPackage)),
    E.bind('addon', ({ dawn }) =>
      pipe(
        join(dirname(dawn), 'dist', platform, 'dawn.node'),
        E.fromPredicate(existsSync, () => `${dawnPackage} has no Dawn for ${platform}`),
      ),
    ),
    E.map(({ dawn, backend, addon }) => ({
      addon,
      backend,
      dawnVersion: versionOf(requireUnknown(dawn)),
    })),
  )
