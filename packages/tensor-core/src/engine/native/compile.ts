/**
 * Compiles tfjs-node's addon against any current libtensorflow. Its sources use only the stable C API, so they are not changed;
 * one compiler call, no node-gyp.
 */
import { readdirSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type EngineError, failure, interrupted } from '../../contracts'
import { layout } from './home'
import { unitPaths } from './kernels/sources'
import type { Libraries } from './libtensorflow'
import { type ProgramFailure, runProgram } from './program'
import { quietPath } from './quiet'

// compiler ---------------------------------------------------------------------------------------

const works = (program: string): TE.TaskEither<ProgramFailure, string> =>
  pipe(
    runProgram(program, ['--version']),
    TE.map(() => program),
  )

/** `CXX` if it is set, else g++, clang++ or c++. */
export const findCompiler: TE.TaskEither<EngineError, string> = () => {
  const given = process.env['CXX']
  const candidates = given === undefined || given === '' ? ['g++', 'clang++', 'c++'] : [given]
  return pipe(
    candidates.map(works).reduce((found, next) =>
      pipe(
        found,
        TE.orElse(() => next),
      ),
    ),
    TE.mapLeft(() =>
      failure('EngineBuildFailed', `no C++ compiler found (looked for ${candidates.join(', ')})`, {
        remedy: 'install one (Debian: apt install g++; Fedora: dnf install gcc-c++) or set CXX',
      }),
    ),
  )()
}

// compiling --------------------------------------------------------------------------------------

const nodeHeaders = (): string =>
  join(dirname(createRequire(__filename).resolve('node-api-headers/package.json')), 'include')

const common = (): ReadonlyArray<string> => [
  '-shared',
  '-fPIC',
  '-O2',
  '-std=c++17',
  '-DNAPI_VERSION=8',
  `-I${nodeHeaders()}`,
]

const compile = (
  compiler: string,
  args: ReadonlyArray<string>,
  signal?: AbortSignal,
): TE.TaskEither<EngineError, void> =>
  pipe(
    runProgram(compiler, args, signal === undefined ? {} : { signal }),
    TE.mapLeft((f) =>
      f.kind === 'stopped'
        ? interrupted('EngineBuildFailed', 'stopped while compiling', {
            remedy: 'the same command continues',
          })
        : failure(
            'EngineBuildFailed',
            `the addon does not compile: ${f.kind === 'absent' ? 'no such program' : f.output}`,
            {
              where: compiler,
              remedy: 'a compiler for C++17 is needed (g++ 8 or newer)',
            },
          ),
    ),
    TE.map(() => undefined),
  )

const linking = ({ folder, names, runPath }: Libraries): ReadonlyArray<string> => [
  `-L${folder}`,
  ...names.map((name) => `-l:${name}`),
  ...['-rpath', runPath].flatMap((word) => ['-Xlinker', word]),
]

const kernelFlags = ['-O3', '-fno-math-errno', '-Wno-psabi']

/** What the compiled files need, and where they go. */
export interface Compilation {
  readonly compiler: string
  /** The folder of the addon's sources. */
  readonly sources: string
  readonly libraries: Libraries
  /** Where the compiled files go. */
  readonly folder: string
  readonly signal?: AbortSignal
}

/** Our own ops, on several threads if the compiler has OpenMP. An engine works without them too, only slower. */
const compileKernels = ({
  compiler,
  libraries,
  folder,
  signal,
}: Compilation): TE.TaskEither<EngineError, void> => {
  const args = (threads: ReadonlyArray<string>): ReadonlyArray<string> => [
    ...common(),
    ...kernelFlags,
    ...threads,
    ...unitPaths,
    ...['-o', join(folder, layout.kernels)],
    ...linking(libraries),
  ]
  return pipe(
    compile(compiler, args(['-fopenmp']), signal),
    TE.orElse((e) => (e.kind === 'interrupted' ? TE.left(e) : compile(compiler, args([]), signal))),
    TE.orElse((e) => (e.kind === 'interrupted' ? TE.left(e) : TE.right(undefined))),
  )
}

/** Compiles the addon that silences TensorFlow's banner, our kernels, and the addon itself, into `folder`. */
export const compileAddon = (compilation: Compilation): TE.TaskEither<EngineError, void> => {
  const { compiler, sources, libraries, folder, signal } = compilation
  return pipe(
    compile(compiler, [...common(), quietPath, '-o', join(folder, layout.quiet)], signal),
    TE.chain(() => compileKernels(compilation)),
    TE.chain(() =>
      compile(
        compiler,
        [
          ...common(),
          `-I${libraries.include}`,
          ...readdirSync(sources)
            .filter((name) => name.endsWith('.cc'))
            .map((name) => join(sources, name)),
          '-o',
          join(folder, layout.addon),
          ...linking(libraries),
        ],
        signal,
      ),
    ),
  )
}
