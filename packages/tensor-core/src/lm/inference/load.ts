/**
 * Loads a model folder onto the device: every tensor is checked against the configuration by name and shape, read one at a time,
 * and, where an adapter is given, merged with it (W + s B A) in float32.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type LmError,
  type LoraAdapter,
  type LoraModule,
  type StorageDtype,
  type WeightSource,
  badInput,
} from '../../contracts'
import { float32Matrix, tf } from '../../engine'
import type { ModelConfig, ModelFolder } from '../../formats'
import { type NamedShape, moduleOf, parameterShapes } from '../decoder/parameters'
import { type DecoderWeights, assembleWeights } from '../decoder/weights'
import { checkWeightMemory } from '../memory'
import { checkAdapter, mergedWeight } from './adapter'
import { readParameters } from './parameters'

const sameShape = (a: ReadonlyArray<number>, b: ReadonlyArray<number>): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i])

/** @returns left where a parameter is missing or of another shape than the configuration says */
const checkParameters = (
  config: ModelConfig,
  weights: WeightSource,
): E.Either<LmError, ReadonlyArray<NamedShape>> => {
  const shapes = parameterShapes(config)
  for (const { name, shape } of shapes) {
    const found = weights.tensors.get(name)
    if (found === undefined)
      return E.left(
        badInput('ModelUnsupported', `lacks the tensor ${name}`, {
          where: weights.name,
          remedy: 'check config.json against the weights',
        }),
      )
    if (!sameShape(found.shape, shape))
      return E.left(
        badInput(
          'ModelUnsupported',
          `holds ${name} of shape [${found.shape.join(', ')}], config.json says [${shape.join(', ')}]`,
          {
            where: weights.name,
          },
        ),
      )
  }
  return E.right(shapes)
}

/** The adapter that is loaded with a model's own weights, and how they are stored. */
export interface LoadChoice {
  /** Merged with the weights: W + s B A. */
  readonly adapter?: LoraAdapter
  /** The adapter's name, for messages. */
  readonly adapterName?: string
  /** How the frozen matrices are stored; default float32. */
  readonly dtype?: StorageDtype
}

/** A model's weights on the device, with the values of its float32 matrices. */
export interface LoadedWeights {
  readonly weights: DecoderWeights
  /** Matrices stored in float32, by parameter name; they belong to `weights`. */
  readonly values: ReadonlyMap<string, tf.Tensor>
}

/** A merged weight in place of the weight it was made from, which is freed. */
const replaced = (weight: tf.Tensor, module: LoraModule): tf.Tensor => {
  try {
    return mergedWeight(weight, module)
  } finally {
    weight.dispose()
  }
}

/** As `loadWeights`, with the values that an adapter can be merged with later. */
export const loadWithValues = (
  folder: ModelFolder,
  { adapter, adapterName, dtype = 'float32' }: LoadChoice = {},
): TE.TaskEither<LmError, LoadedWeights> =>
  pipe(
    TE.Do,
    TE.bind('shapes', () => TE.fromEither(checkParameters(folder.config, folder.weights))),
    TE.chainFirst(() => TE.fromEither(checkWeightMemory(folder.config, dtype, folder.path))),
    TE.bind('modules', () =>
      TE.fromEither(
        adapter === undefined
          ? E.right(new Map<string, LoraModule>())
          : checkAdapter(folder.config, adapter, adapterName, true),
      ),
    ),
    TE.chain(({ shapes, modules }) =>
      readParameters(
        {
          folder,
          storage: dtype,
          amend: (name, weight) => {
            const module = modules.get(moduleOf(name))
            return module === undefined ? weight : replaced(weight, module)
          },
        },
        shapes,
      ),
    ),
    TE.map((parameters) => ({
      weights: assembleWeights(folder.config, {
        matrix: (name) => {
          const found = parameters.get(name)
          return found?.kind === 'matrix' ? found.matrix : float32Matrix(tf.zeros([0, 0]))
        },
        vector: (name) => {
          const found = parameters.get(name)
          return found?.kind === 'vector' ? found.vector : tf.zeros([0])
        },
      }),
      values: new Map(
        [...parameters].flatMap(([name, p]) =>
          p.kind === 'matrix' && p.values !== undefined ? [[name, p.values] as const] : [],
        ),
      ),
    })),
  )

/** The weights on the current engine; the caller disposes of them. */
export const loadWeights = (
  folder: ModelFolder,
  choice: LoadChoice = {},
): TE.TaskEither<LmError, DecoderWeights> =>
  pipe(
    loadWithValues(folder, choice),
    TE.map(({ weights }) => weights),
  )
