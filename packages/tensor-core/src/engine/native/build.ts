/**
 * Builds the native or the cuda engine: library, addon, check; then one rename moves the folder into the cache.
 * An interrupted build leaves the downloaded wheel, which the next run uses, and a hidden folder, which it removes.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { EngineError } from '../../contracts'
import { tf } from '../tf'
import type { BuildOptions } from './buildOptions'
import { type Findings, checkEngine } from './check'
import { compileAddon, findCompiler } from './compile'
import { addCudaLibraries } from './cudaLibraries'
import { type BuiltEngine, builtEngine, layout } from './home'
import { isCurrent, kernelsDigest } from './kernels/sources'
import { type LibrarySource, acquireLibrary } from './library'
import { sourcePackage } from './package'
import { platformSupported, enoughDisk } from './requirements'
import { makeStaging, removeStaging, removeUnfinished, settle, stagingFolder } from './staging'

// model ------------------------------------------------------------------------------------------

export interface Built extends BuiltEngine {
  readonly findings: Findings
  /** False if it was built before. */
  readonly fresh: boolean
}

// steps ------------------------------------------------------------------------------------------

/** What each step tells the user. */
const announcements: Readonly<Record<LibrarySource['kind'], string>> = {
  download: 'downloading TensorFlow (native: 270 MB, cuda: 620 MB) and unpacking its library',
  wheel: "unpacking the wheel's library",
  folder: 'checking the library',
  installed: 'looking for the installed library',
}

const buildNew = (options: BuildOptions): TE.TaskEither<EngineError, Built> => {
  const staging = stagingFolder(options.variant)
  const { note, signal, variant } = options
  return pipe(
    enoughDisk(options),
    TE.chain(() => removeUnfinished),
    TE.bindTo('clean'),
    TE.bind('sources', () => TE.fromEither(sourcePackage())),
    TE.bind('kernels', () => TE.fromEither(kernelsDigest())),
    TE.bind('compiler', () => findCompiler),
    TE.tap(() => makeStaging(staging)),
    TE.tapIO(() => () => note(announcements[options.source.kind])),
    TE.bind('acquired', () => acquireLibrary(variant, options.source, staging, signal)),
    TE.tapIO(
      ({ compiler }) =>
        () =>
          note(`compiling the addon with ${compiler}`),
    ),
    TE.tap(({ sources, compiler, acquired }) =>
      compileAddon({
        compiler,
        sources: join(sources.folder, 'binding'),
        libraries: acquired.libraries,
        folder: staging,
        ...(signal === undefined ? {} : { signal }),
      }),
    ),
    TE.tap(({ acquired }) => addCudaLibraries(options, acquired, staging)),
    TE.tapIO(() => () => note('checking that it computes')),
    TE.bind('findings', () => checkEngine(variant, staging)),
    TE.chain(({ acquired, findings, kernels }) =>
      pipe(
        settle(staging, {
          variant,
          tensorflow: findings.tensorflow,
          tfjs: tf.version_core,
          platform: process.platform,
          arch: process.arch,
          origin: acquired.origin,
          built: new Date().toISOString(),
          ...(existsSync(join(staging, layout.kernels)) ? { kernels } : {}),
        }),
        TE.map((engine) => ({ ...engine, findings, fresh: true })),
      ),
    ),
    TE.tapError((e) =>
      pipe(
        removeStaging(staging),
        TE.mapLeft(() => e),
      ),
    ),
  )
}

// building ---------------------------------------------------------------------------------------

/** Whether a built engine is what a build would give. */
const serves = (engine: BuiltEngine, source: LibrarySource): boolean =>
  engine.manifest.tfjs === tf.version_core &&
  isCurrent(engine.manifest.kernels) &&
  (source.kind !== 'download' || engine.manifest.tensorflow === source.version)

/** Builds the engine, or checks the existing one. */
export const buildEngine = (options: BuildOptions): TE.TaskEither<EngineError, Built> => {
  const existing = builtEngine(options.variant)
  return pipe(
    platformSupported,
    TE.chain(() =>
      existing !== undefined &&
      !options.force &&
      serves(existing, options.source) &&
      existsSync(existing.folder)
        ? pipe(
            checkEngine(options.variant, existing.folder),
            TE.map((findings) => ({ ...existing, findings, fresh: false })),
          )
        : buildNew(options),
    ),
  )
}
