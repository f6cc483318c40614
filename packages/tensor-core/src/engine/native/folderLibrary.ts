/** libtensorflow where it already is: an installed TensorFlow, or the C library's archive unpacked. */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, badInput } from '../../contracts'
import { type Acquired, wheelLibraries } from './libtensorflow'
import { runProgram } from './program'

const libraryNames = [wheelLibraries, ['libtensorflow.so.2', 'libtensorflow_framework.so.2']]

/** Used in place: the folder must stay where it is. */
export const fromFolder = (given: string): E.Either<EngineError, Acquired> => {
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

/** The folder of the TensorFlow that a Python has installed. */
export const installedFolder = (python: string): TE.TaskEither<EngineError, string> =>
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
