/** Downloads TensorFlow wheels with pip. */
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, causeLine, failure, interrupted } from '../../contracts'
import { type Variant, downloadHome } from './home'
import { type ProgramFailure, runProgram } from './program'

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
        : failure('EngineBuildFailed', `pip cannot download ${what}: ${f.output}`, {
            remedy: f.output.includes('No module named pip')
              ? 'install pip (Debian: apt install python3-pip) or give --wheel FILE or --libtensorflow DIR'
              : 'check the network, or download the wheel elsewhere and give --wheel FILE',
          })

/**
 * Downloads wheels without installing or running anything from them. The requested Python version is fixed: only the C library
 * inside is used, so any Python of the user works.
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

// TensorFlow -------------------------------------------------------------------------------------

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

/** A complete wheel that an earlier, interrupted build has left is reused. */
export const downloadLibrary = (
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
