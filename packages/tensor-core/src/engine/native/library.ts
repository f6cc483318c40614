/**
 * Where libtensorflow comes from: a wheel of PyPI (downloaded by pip, or a file), or a folder that has it already (an installed
 * TensorFlow, or the C library's archive unpacked). Every TensorFlow wheel holds the two libraries and the C headers.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput, causeLine, failure, interrupted } from '../../contracts'
import type { Libraries } from './compile'
import { type Variant, downloadHome, layout } from './home'
import { type ProgramFailure, runProgram } from './program'
import { unpackWheel } from './wheel'

// model ------------------------------------------------------------------------------------------

/** The TensorFlow version that this package is tested with. */
export const testedTensorflow = '2.21.0'

export type LibrarySource =
  | { readonly kind: 'download'; readonly python: string; readonly version: string }
  | { readonly kind: 'wheel'; readonly file: string }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'installed'; readonly python: string }

export interface Acquired {
  readonly libraries: Libraries
  readonly origin: string
  /** The wheel it came from, where it did. */
  readonly wheel?: string
}

// pip --------------------------------------------------------------------------------------------

const pipFailure =
  (python: string, what: string) =>
  (f: ProgramFailure): EngineError =>
    f.kind === 'stopped'
      ? interrupted('EngineBuildFailed', `stopped while downloading ${what}`, {
          remedy: 'the same command continues',
        })
      : f.kind === 'absent'
        ? failure('EngineBuildFailed', `Python is needed to download ${what}, and there is no ${python}`, {
            remedy:
              'install Python 3 with pip, name one with --python, or give --wheel FILE or --libtensorflow DIR',
          })
        : failure('EngineBuildFailed', `pip cannot download ${what}: ${f.said}`, {
            remedy: f.said.includes('No module named pip')
              ? 'install pip (Debian: apt install python3-pip) or give --wheel FILE or --libtensorflow DIR'
              : 'check the network, or download the wheel elsewhere and give --wheel FILE',
          })

/**
 * Downloads wheels without installing or running anything of them. The Python version asked for is fixed: only the C library
 * inside is used, so any Python of the user's will do.
 */
export const downloadWheels = (
  python: string,
  requirements: ReadonlyArray<string>,
  signal?: AbortSignal,
): TE.TaskEither<EngineError, void> =>
  pipe(
    TE.tryCatch(
      () => mkdir(downloadHome(), { recursive: true }),
      (cause) => failure('EngineBuildFailed', causeLine(cause), { where: downloadHome() }),
    ),
    TE.chain(() =>
      pipe(
        runProgram(
          python,
          [
            ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
            ...['--python-version', '3.12', '--implementation', 'cp', '--progress-bar', 'off'],
            ...['--dest', downloadHome(), ...requirements],
          ],
          signal === undefined ? {} : { signal },
        ),
        TE.mapLeft(pipFailure(python, requirements.join(' '))),
      ),
    ),
    TE.map(() => undefined),
  )

/** The distribution that holds the library: Arm wheels of `tensorflow` are for the CPU. */
const distribution = (variant: Variant): string =>
  variant === 'cuda' || process.arch !== 'x64' ? 'tensorflow' : 'tensorflow-cpu'

const downloaded = (prefix: string): TE.TaskEither<EngineError, string> =>
  pipe(
    TE.tryCatch(
      () => readdir(downloadHome()),
      (cause) => failure('EngineBuildFailed', causeLine(cause), { where: downloadHome() }),
    ),
    TE.chainEitherK((names) =>
      pipe(
        names.find((name) => name.startsWith(prefix) && name.endsWith('.whl')),
        E.fromNullable(
          failure('EngineBuildFailed', `pip left no wheel of ${prefix}`, { where: downloadHome() }),
        ),
        E.map((name) => join(downloadHome(), name)),
      ),
    ),
  )

/** A whole wheel that an earlier, interrupted build has left is used again. */
const downloadLibrary = (
  variant: Variant,
  python: string,
  version: string,
  signal?: AbortSignal,
): TE.TaskEither<EngineError, string> => {
  const name = distribution(variant)
  const prefix = `${name.replace('-', '_')}-${version}-`
  return pipe(
    downloaded(prefix),
    TE.orElse(() =>
      pipe(
        downloadWheels(python, [`${name}==${version}`], signal),
        TE.chain(() => downloaded(prefix)),
      ),
    ),
  )
}

// wheels -----------------------------------------------------------------------------------------

const wheelLibraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const
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

const fromWheel = (file: string, staging: string): TE.TaskEither<EngineError, Acquired> =>
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

/** What the wheel's `and-cuda` extra asks for, as pip requirements. */
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

// folders ----------------------------------------------------------------------------------------

const libraryNames = [wheelLibraries, ['libtensorflow.so.2', 'libtensorflow_framework.so.2']]

const fromFolder = (given: string): E.Either<EngineError, Acquired> => {
  const folder = resolve(given)
  const places = [folder, join(folder, 'lib'), join(folder, 'tensorflow')]
  const found = places.flatMap((place) =>
    libraryNames
      .filter((names) => names.every((name) => existsSync(join(place, name))))
      .map((names) => ({ place, names })),
  )[0]
  const include = [folder, join(folder, '..'), join(folder, 'tensorflow')]
    .map((place) => join(place, 'include'))
    .find((place) => existsSync(join(place, 'tensorflow', 'c', 'c_api.h')))
  return found === undefined || include === undefined
    ? E.left(
        badInput(
          'EngineBuildFailed',
          found === undefined
            ? 'holds no libtensorflow (libtensorflow_cc.so.2 or libtensorflow.so.2 with libtensorflow_framework.so.2)'
            : 'has no include/tensorflow/c/c_api.h',
          { where: given, remedy: "give the folder of an installed TensorFlow or of TensorFlow's C library" },
        ),
      )
    : E.right({
        libraries: { folder: found.place, names: found.names, include, runPath: found.place },
        origin: found.place,
      })
}

const installedFolder = (python: string): TE.TaskEither<EngineError, string> =>
  pipe(
    runProgram(python, [
      '-c',
      'import importlib.util as u; print(u.find_spec("tensorflow").submodule_search_locations[0])',
    ]),
    TE.bimap(
      () =>
        badInput('EngineBuildFailed', `${python} has no TensorFlow installed`, {
          where: '--installed',
          remedy: 'name the right Python with --python, or leave --installed out to download the library',
        }),
      (out) => out.trim(),
    ),
  )

// acquiring --------------------------------------------------------------------------------------

/** Brings the library and its headers to hand; what has to be unpacked goes below `staging`. */
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
