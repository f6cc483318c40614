/**
 * Builds the native or the cuda engine: library, addon, check; then the folder takes its place in the cache by one rename.
 * What is interrupted leaves the downloaded wheel, which the next run uses, and a hidden folder, which it removes.
 */
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, causeLine, failure } from '../../contracts'
import { tf } from '../tf'
import { type Findings, checkEngine } from './check'
import { compileAddon, findCompiler } from './compile'
import { nvidiaDriverPresent } from './gpu'
import {
  type BuiltEngine,
  type Manifest,
  type Variant,
  builtEngine,
  downloadHome,
  engineFolder,
  engineHome,
  layout,
} from './home'
import {
  type Acquired,
  type LibrarySource,
  acquireLibrary,
  cudaRequirements,
  downloadWheels,
} from './library'
import { isCurrent, kernelsDigest } from './kernels/sources'
import { sourcePackage } from './package'
import { unpackWheel } from './wheel'

// model ------------------------------------------------------------------------------------------

export interface BuildOptions {
  readonly variant: Variant
  readonly source: LibrarySource
  /** Builds again what is there already. */
  readonly force: boolean
  /** NVIDIA's CUDA libraries beside the library, for cuda: `auto` where this machine has an NVIDIA driver. */
  readonly cudaLibraries: 'auto' | 'fetch' | 'skip'
  readonly python: string
  readonly signal?: AbortSignal
  readonly note: (line: string) => void
}

export interface Built extends BuiltEngine {
  readonly findings: Findings
  /** False where it was there already. */
  readonly fresh: boolean
}

const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<EngineError, A> =>
  TE.tryCatch(work, (cause) => failure('EngineBuildFailed', causeLine(cause), { where }))

// conditions -------------------------------------------------------------------------------------

const platformSupported: TE.TaskEither<EngineError, void> =
  process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
    ? TE.right(undefined)
    : TE.left(
        badInput(
          'EngineBuildFailed',
          `the engine is built on Linux (x64, arm64) only, not on ${process.platform} ${process.arch}`,
          { remedy: 'use --engine wasm, or npm install @tensorflow/tfjs-node where its own addon works' },
        ),
      )

const gigabyte = 1e9

/** Bytes needed while building: measured sizes of wheel and libraries, and a margin. */
const bytesNeeded = ({ source, variant, cudaLibraries }: BuildOptions): number =>
  source.kind === 'folder' || source.kind === 'installed'
    ? 0.1 * gigabyte
    : variant === 'native'
      ? 1.5 * gigabyte
      : fetchesCuda(cudaLibraries)
        ? 10 * gigabyte
        : 3 * gigabyte

const fetchesCuda = (choice: BuildOptions['cudaLibraries']): boolean =>
  choice === 'fetch' || (choice === 'auto' && nvidiaDriverPresent())

const roomEnough = (options: BuildOptions): TE.TaskEither<EngineError, void> =>
  pipe(
    attempt(engineHome(), async () => {
      await mkdir(engineHome(), { recursive: true })
      const disk = await statfs(engineHome())
      return disk.bavail * disk.bsize
    }),
    TE.filterOrElseW(
      (free) => free >= bytesNeeded(options),
      (free) =>
        failure(
          'EngineBuildFailed',
          `${(bytesNeeded(options) / gigabyte).toFixed(1)} GB are needed, ${(free / gigabyte).toFixed(1)} GB are free`,
          { where: engineHome(), remedy: 'make room, or set SAFE_CACHE to a folder on another disk' },
        ),
    ),
    TE.map(() => undefined),
  )

// steps ------------------------------------------------------------------------------------------

/** Whether a process runs: another build's folder is its own. */
const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const removeUnfinished = attempt(engineHome(), async () => {
  for (const name of await readdir(engineHome()))
    if (name.startsWith('.building-') && !alive(Number(name.split('-').at(-1))))
      await rm(join(engineHome(), name), { recursive: true, force: true })
})

const said: Readonly<Record<LibrarySource['kind'], string>> = {
  download: 'downloading TensorFlow (native: 270 MB, cuda: 620 MB) and unpacking its library',
  wheel: "unpacking the wheel's library",
  folder: 'looking at the library',
  installed: 'looking for the installed library',
}

/** CUDA's own libraries, unpacked beside TensorFlow's as their wheels lay them out: TensorFlow looks for them there. */
const addCudaLibraries = (
  options: BuildOptions,
  acquired: Acquired,
  staging: string,
): TE.TaskEither<EngineError, void> => {
  const { wheel } = acquired
  if (options.variant !== 'cuda' || wheel === undefined) return TE.right(undefined)
  if (!fetchesCuda(options.cudaLibraries)) {
    options.note(
      "no CUDA libraries are fetched (no NVIDIA driver here, or skipped): the engine uses the system's, or the CPU",
    )
    return TE.right(undefined)
  }
  return pipe(
    cudaRequirements(wheel, staging),
    TE.chainFirst((requirements) => {
      options.note(`downloading ${requirements.length} CUDA libraries (about 2.5 GB)`)
      return downloadWheels(options.python, requirements, options.signal)
    }),
    TE.chain(() =>
      attempt(downloadHome(), async () =>
        (await readdir(downloadHome())).filter((name) => name.startsWith('nvidia') && name.endsWith('.whl')),
      ),
    ),
    TE.chain(
      TE.traverseSeqArray((name) =>
        unpackWheel(join(downloadHome(), name), staging, (member) =>
          /^nvidia\/.*(\.so(\.[^/]*)?|\.bc|\/bin\/ptxas)$/.test(member) ? member : undefined,
        ),
      ),
    ),
    TE.map(() => undefined),
  )
}

/** Writes the manifest and moves the folder into place, over an older one of the same versions. */
const settle = (staging: string, manifest: Manifest): TE.TaskEither<EngineError, BuiltEngine> => {
  const folder = engineFolder(manifest)
  return attempt(folder, async () => {
    await rm(join(staging, 'include'), { recursive: true, force: true })
    await writeFile(join(staging, layout.manifest), `${JSON.stringify(manifest, undefined, 2)}\n`)
    await rm(folder, { recursive: true, force: true })
    await rename(staging, folder)
    await rm(downloadHome(), { recursive: true, force: true })
    return { folder, manifest }
  })
}

const buildAfresh = (options: BuildOptions): TE.TaskEither<EngineError, Built> => {
  const staging = join(engineHome(), `.building-${options.variant}-${process.pid}`)
  const { note, signal, variant } = options
  return pipe(
    roomEnough(options),
    TE.chain(() => removeUnfinished),
    TE.bindTo('clean'),
    TE.bind('sources', () => TE.fromEither(sourcePackage())),
    TE.bind('kernels', () => TE.fromEither(kernelsDigest())),
    TE.bind('compiler', () => findCompiler),
    TE.chainFirst(() => attempt(staging, () => mkdir(staging, { recursive: true }))),
    TE.chainFirstIOK(() => () => note(said[options.source.kind])),
    TE.bind('acquired', () => acquireLibrary(variant, options.source, staging, signal)),
    TE.chainFirstIOK(
      ({ compiler }) =>
        () =>
          note(`compiling the addon with ${compiler}`),
    ),
    TE.chainFirst(({ sources, compiler, acquired }) =>
      compileAddon({
        compiler,
        sources: join(sources.folder, 'binding'),
        libraries: acquired.libraries,
        folder: staging,
        ...(signal === undefined ? {} : { signal }),
      }),
    ),
    TE.chainFirst(({ acquired }) => addCudaLibraries(options, acquired, staging)),
    TE.chainFirstIOK(() => () => note('checking that it computes')),
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
    TE.orElse((e) =>
      pipe(
        attempt(staging, () => rm(staging, { recursive: true, force: true })),
        TE.matchEW(
          () => TE.left(e),
          () => TE.left(e),
        ),
      ),
    ),
  )
}

// building ---------------------------------------------------------------------------------------

const serves = (engine: BuiltEngine, source: LibrarySource): boolean =>
  engine.manifest.tfjs === tf.version_core &&
  isCurrent(engine.manifest.kernels) &&
  (source.kind !== 'download' || engine.manifest.tensorflow === source.version)

/** Builds the engine, or checks the one that is there. */
export const buildEngine = (options: BuildOptions): TE.TaskEither<EngineError, Built> => {
  const there = builtEngine(options.variant)
  return pipe(
    platformSupported,
    TE.chain(() =>
      there !== undefined && !options.force && serves(there, options.source) && existsSync(there.folder)
        ? pipe(
            checkEngine(options.variant, there.folder),
            TE.map((findings) => ({ ...there, findings, fresh: false })),
          )
        : buildAfresh(options),
    ),
  )
}
