/** `tensor-core engine ...`: builds, tests and removes the engines of this machine. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { choice, command, file, flag, folder, optional, text, withDefault } from './kit'
import { badInput } from '../contracts'
import { type Built, type LibrarySource, buildEngine, cleanEngines, testedTensorflow } from '../engine/native'
import { type Variant, variants } from '../engine'

// build ------------------------------------------------------------------------------------------

interface Given {
  readonly wheel: string | undefined
  readonly libtensorflow: string | undefined
  readonly installed: boolean
  readonly python: string
  readonly tensorflow: string
}

const sourceOf = ({ wheel, libtensorflow, installed, python, tensorflow }: Given): LibrarySource =>
  wheel !== undefined
    ? { kind: 'wheel', file: wheel }
    : libtensorflow !== undefined
      ? { kind: 'folder', folder: libtensorflow }
      : installed
        ? { kind: 'installed', python }
        : { kind: 'download', python, version: tensorflow }

const builtText = (variant: Variant, b: Built): string =>
  [
    `${variant} engine ${b.fresh ? 'built' : 'is there already (--force builds it again)'}: ${b.folder}`,
    `TensorFlow ${b.findings.tensorflow} on ${b.findings.device}${b.findings.gpu ? ' (GPU)' : ''}, ${b.findings.gflops} GFLOP/s in float32, error ${b.findings.error.toExponential(1)}`,
  ].join('\n')

export const engineBuildCommand = command({
  name: 'engine build',
  description: "builds tfjs-node's addon on a current TensorFlow library, into the user's cache",
  example: 'tensor-core engine build native',
  arguments: [{ name: 'engine', description: 'which engine', choices: variants }],
  options: {
    wheel: optional(file('take the library from this TensorFlow wheel instead of downloading one')),
    libtensorflow: optional(
      folder('take the library from this folder (an installed tensorflow, or the C library)'),
    ),
    installed: flag("take the library of the Python's installed TensorFlow"),
    python: withDefault('python3', text('the Python that downloads', 'PROGRAM')),
    tensorflow: withDefault(testedTensorflow, text('the TensorFlow version to download', 'VERSION')),
    cudaLibraries: withDefault(
      'auto',
      choice("NVIDIA's CUDA libraries for cuda: auto fetches them where a driver is", [
        'auto',
        'fetch',
        'skip',
      ]),
    ),
    force: flag('build again what is there'),
  },
  run: (values, context, [given]) =>
    pipe(
      variants.find((v) => v === given),
      TE.fromNullable(badInput('BadOption', `engine must be one of ${variants.join(', ')}`)),
      TE.bindTo('variant'),
      TE.bindW('built', ({ variant }) =>
        buildEngine({
          variant,
          source: sourceOf(values),
          force: values.force,
          cudaLibraries: values.cudaLibraries,
          python: values.python,
          signal: context.signal,
          note: context.note,
        }),
      ),
      TE.map(({ variant, built }) => {
        if (built.findings.warning !== undefined) context.warn(built.findings.warning)
        return {
          json: {
            engine: variant,
            fresh: built.fresh,
            folder: built.folder,
            ...built.manifest,
            check: built.findings,
          },
          text: builtText(variant, built),
        }
      }),
    ),
})

// clean ------------------------------------------------------------------------------------------

export const engineCleanCommand = command({
  name: 'engine clean',
  description: 'removes every built engine and kept download',
  options: {},
  run: () =>
    pipe(
      cleanEngines,
      TE.map(({ removed }) => ({
        json: { removed: removed ?? null },
        text: removed === undefined ? 'nothing was built' : `removed ${removed}`,
      })),
    ),
})
