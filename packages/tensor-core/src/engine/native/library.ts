/**
 * Where libtensorflow comes from: a wheel of PyPI (downloaded by pip, or a file), or a folder that has it already (an installed
 * TensorFlow, or the C library's archive unpacked).
 */
import { existsSync } from 'node:fs'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput } from '../../contracts'
import { downloadLibrary } from './download'
import { fromFolder, installedFolder } from './folderLibrary'
import type { Variant } from './home'
import type { Acquired } from './libtensorflow'
import { fromWheel } from './wheelLibrary'

// model ------------------------------------------------------------------------------------------

/** The TensorFlow version that this package is tested with. */
export const testedTensorflow = '2.21.0'

export type LibrarySource =
  | { readonly kind: 'download'; readonly python: string; readonly version: string }
  | { readonly kind: 'wheel'; readonly file: string }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'installed'; readonly python: string }

// acquiring --------------------------------------------------------------------------------------

/** Finds or downloads the library and its headers; what must be unpacked goes below `staging`. */
export const acquireLibrary = (
  variant: Variant,
  source: LibrarySource,
  staging: string,
  signal?: AbortSignal,
): TE.TaskEither<EngineError, Acquired> => {
  switch (source.kind) {
    case 'download':
      return pipe(
        downloadLibrary(variant, source.python, source.version, signal),
        TE.chain((file) => fromWheel(file, staging)),
      )
    case 'wheel':
      return existsSync(source.file)
        ? fromWheel(source.file, staging)
        : TE.left(badInput('EngineBuildFailed', 'no such file', { where: `--wheel ${source.file}` }))
    case 'folder':
      return TE.fromEither(fromFolder(source.folder))
    case 'installed':
      return pipe(installedFolder(source.python), TE.chainEitherK(fromFolder))
  }
}
