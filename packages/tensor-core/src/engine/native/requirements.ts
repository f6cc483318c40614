/** What a build requires before anything is downloaded: the platform, and free disk space. */
import { mkdir, statfs } from 'node:fs/promises'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, failure } from '../../contracts'
import { type BuildOptions, attempt } from './buildOptions'
import { fetchesCuda } from './cudaLibraries'
import { engineHome } from './home'

// platform ---------------------------------------------------------------------------------------

export const platformSupported: TE.TaskEither<EngineError, void> =
  process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
    ? TE.right(undefined)
    : TE.left(
        badInput(
          'EngineBuildFailed',
          `the engine is built on Linux (x64, arm64) only, not on ${process.platform} ${process.arch}`,
          { remedy: 'use --engine wasm, or npm install @tensorflow/tfjs-node where its own addon works' },
        ),
      )

// disk -------------------------------------------------------------------------------------------

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

export const enoughDisk = (options: BuildOptions): TE.TaskEither<EngineError, void> =>
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
