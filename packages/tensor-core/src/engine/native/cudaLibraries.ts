/** NVIDIA's CUDA libraries for a built cuda engine. */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { EngineError } from '../../contracts'
import { type BuildOptions, attempt } from './buildOptions'
import { downloadWheels } from './download'
import { nvidiaDriverPresent } from './gpu'
import { downloadHome } from './home'
import type { Acquired } from './libtensorflow'
import { unpackWheel } from './wheel'
import { cudaRequirements } from './wheelLibrary'

/** Whether they are downloaded: `auto` does if this machine has an NVIDIA driver. */
export const fetchesCuda = (choice: BuildOptions['cudaLibraries']): boolean =>
  choice === 'fetch' || (choice === 'auto' && nvidiaDriverPresent())

/** CUDA's own libraries, unpacked beside TensorFlow's as their wheels lay them out: TensorFlow looks for them there. */
export const addCudaLibraries = (
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
    TE.tap((requirements) => {
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
