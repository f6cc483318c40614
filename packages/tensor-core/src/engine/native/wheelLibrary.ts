/** libtensorflow from a TensorFlow wheel, which holds the two libraries and the C headers. */
import { readFile, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, causeLine, failure } from '../../contracts'
import { layout } from './home'
import { type Acquired, wheelLibraries } from './libtensorflow'
import { unpackWheel } from './wheel'

// libraries and headers --------------------------------------------------------------------------

const headerFolders = ['tensorflow/c/', 'tensorflow/core/platform/', 'tensorflow/tsl/', 'tsl/', 'xla/tsl/']
const headerRoot = 'tensorflow/include/'

const placeMember = (member: string): string | undefined => {
  const library = wheelLibraries.find((name) => member === `tensorflow/${name}`)
  if (library !== undefined) return `${layout.libraries}/${library}`
  return member.startsWith(headerRoot) &&
    headerFolders.some((folder) => member.startsWith(folder, headerRoot.length))
    ? `include/${member.slice(headerRoot.length)}`
    : undefined
}

/** Unpacks the libraries and the headers below `staging`. */
export const fromWheel = (file: string, staging: string): TE.TaskEither<EngineError, Acquired> =>
  pipe(
    unpackWheel(file, staging, placeMember),
    TE.chainEitherK((written) =>
      wheelLibraries.every((name) => written.includes(`${layout.libraries}/${name}`))
        ? E.right({
            libraries: {
              folder: join(staging, layout.libraries),
              names: wheelLibraries,
              include: join(staging, 'include'),
              runPath: `$ORIGIN/${layout.libraries}`,
            },
            origin: basename(file),
            wheel: file,
          })
        : E.left(
            badInput('EngineBuildFailed', `holds no ${wheelLibraries.join(' and ')}`, {
              where: file,
              remedy: 'give a Linux wheel of tensorflow or tensorflow-cpu, 2.16 or newer',
            }),
          ),
    ),
  )

// CUDA -------------------------------------------------------------------------------------------

/** What the wheel's `and-cuda` extra requires, as pip requirements. */
export const cudaRequirements = (
  wheel: string,
  staging: string,
): TE.TaskEither<EngineError, ReadonlyArray<string>> => {
  const metadata = join(staging, 'METADATA')
  return pipe(
    unpackWheel(wheel, staging, (member) =>
      /^[^/]+\.dist-info\/METADATA$/.test(member) ? 'METADATA' : undefined,
    ),
    TE.chainW(() =>
      TE.tryCatch(
        async () => {
          const text = await readFile(metadata, 'utf8')
          await rm(metadata)
          return text
        },
        (cause) => failure('EngineBuildFailed', causeLine(cause), { where: wheel }),
      ),
    ),
    TE.map((text) =>
      [...text.matchAll(/^Requires-Dist: (nvidia-[^;]+);\s*extra == ["']and-cuda["']/gm)].map((match) =>
        (match[1] ?? '').replace(/[\s()]/g, ''),
      ),
    ),
  )
}
