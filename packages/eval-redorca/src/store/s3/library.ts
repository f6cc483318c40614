/** `@aws-sdk/client-s3`, which is loaded when a store of S3 is opened: it is an optional peer, and loading it takes a while. */
import type * as Library from '@aws-sdk/client-s3'
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { installed, modulePlaces } from '../../modules/installed'

// model ------------------------------------------------------------------------------------------

export type S3Library = typeof Library

export interface LoadedLibrary {
  readonly library: S3Library
  /** The path of its entry, for a thread that loads it as well. */
  readonly path: string
}

const packageName = '@aws-sdk/client-s3'

const needed = ['S3Client', 'PutObjectCommand', 'GetObjectCommand', 'ListObjectsV2Command']

const isLibrary = (u: unknown): u is S3Library =>
  typeof u === 'object' && u !== null && needed.every((name) => name in u)

/** The SDK's advice to use a newer Node would stand among the lines of a run. */
const quiet = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'

const unusable = (message: string): Fault =>
  badInput('StoreUnsupported', message, { where: 's3://', remedy: `run npm install ${packageName}` })

// loading ----------------------------------------------------------------------------------------

/**
 * @param from where the package is looked for
 * @returns left where it is not installed: what to install
 */
export const loadLibrary = (
  from: ReadonlyArray<NodeJS.Require> = modulePlaces(),
): E.Either<Fault, LoadedLibrary> => {
  const found = installed(packageName, from)
  if (O.isNone(found)) return E.left(unusable(`needs the package ${packageName}`))
  const { require, path } = found.value
  process.env[quiet] ??= 'true'
  return pipe(
    E.tryCatch(
      (): unknown => require(packageName),
      (cause) => unusable(`the package ${packageName} cannot be loaded (${causeLine(cause)})`),
    ),
    E.filterOrElse(isLibrary, () => unusable(`the package ${packageName} is too old`)),
    E.map((library) => ({ library, path })),
  )
}
