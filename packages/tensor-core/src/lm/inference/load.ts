/**
 * A model folder onto the device: every tensor is checked against the configuration by name and shape, read one at a time, and,
 * where an adapter is given, merged with it (W + s B A) in float32.
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
import { float32Matrix, matMul, tf } from '../../engine'
import type { ModelConfig, ModelFolder } from '../../formats'
import type { Adaptation } from '../decoder/linear'
import {
  type DecoderWeights,
  HEAD,
  type NamedShape,
  assembleWeights,
  linearModules,
  parameterShapes,
} from '../decoder/weights'
import { checkWeightMemory } from '../memory'
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
          `holds ${name} of shape [${found.shape.join(', ')}], config.json asks for [${shape.join(', ')}]`,
          {
            where: weights.name,
          },
        ),
      )
  }
  return E.right(shapes)
}

const HEAD_MODULE = HEAD.replace(/\.weight$/, '')

/** Why an adapter on the output head cannot be used, or undefined. */
const headProblem = (
  config: ModelConfig,
  merging: boolean,
): { message: string; remedy: string } | undefined =>
  config.tieWordEmbeddings
    ? {
        message: `adapts the output head ${HEAD_MODULE}, which is the model's embedding as well: not supported`,
        remedy: 'use an adapter on other modules, or untie the two in the model first',
      }
    : merging
      ? undefined
      : {
          message: `adapts the output head ${HEAD_MODULE}: supported only where it is merged into float32 weights`,
          remedy: 'score, generate or merge in float32',
        }

/**
 * The modules of an adapter by name, each checked against the model's.
 *
 * @param where the adapter, for messages
 * @param merging the factors are to be merged into the weights: then one on an untied output head fits as well
 * @returns left `AdapterMismatch` where a module is not in the model, or its factors do not fit
 */
export const checkAdapter = (
  config: ModelConfig,
  adapter: LoraAdapter,
  where = 'adapter',
  merging = false,
): E.Either<LmError, ReadonlyMap<string, LoraModule>> => {
  const known = new Map(
    [
      ...linearModules(config),
      { name: HEAD_MODULE, outputs: config.vocabSize, inputs: config.hiddenSize },
    ].map((m) => [m.name, m]),
  )
  for (const { name, A, B } of adapter.modules) {
    const module = known.get(name)
    const remedy = 'use the adapter with the model it was trained on'
    if (module === undefined)
      return E.left(
        badInput('AdapterMismatch', `adapts ${name}, which the model does not have`, { where, remedy }),
      )
    const head = name === HEAD_MODULE ? headProblem(config, merging) : undefined
    if (head !== undefined)
      return E.left(badInput('AdapterMismatch', head.message, { where, remedy: head.remedy }))
    if (A.cols !== module.inputs || B.rows !== module.outputs || A.rows !== B.cols)
      return E.left(
        badInput(
          'AdapterMismatch',
          `adapts ${name} as [${B.rows}, ${B.cols}] x [${A.rows}, ${A.cols}], the model has [${module.outputs}, ${module.inputs}]`,
          { where, remedy },
        ),
      )
  }
  return E.right(new Map(adapter.modules.map((m) => [m.name, m])))
}

const merged = (weight: tf.Tensor, module: LoraModule): tf.Tensor => {
  try {
    return tf.tidy(() => {
      const A = tf.tensor2d(module.A.data, [module.A.rows, module.A.cols])
      const B = tf.tensor2d(module.B.data, [module.B.rows, module.B.cols])
      return tf.add(weight, tf.mul(matMul(B, A), module.scale))
    })
  } finally {
    weight.dispose()
  }
}

/** An adapter beside the weights instead of in them: the factors of its checked modules on the device. The caller frees them. */
export const attachAdapter = (modules: ReadonlyMap<string, LoraModule>): Adaptation => ({
  factors: new Map(
    [...modules].map(([name, { A, B, scale }]) => [
      name,
      { A: tf.tensor2d(A.data, [A.rows, A.cols]), B: tf.tensor2d(B.data, [B.rows, B.cols]), scale },
    ]),
  ),
})

export const disposeAdaptation = ({ factors }: Adaptation): void =>
  factors.forEach(({ A, B }) => tf.dispose([A, B]))

/** What is loaded beside a model's own weights, and how they are stored. */
export interface LoadChoice {
  /** Merged with the weights: W + s B A. */
  readonly adapter?: LoraAdapter
  /** The adapter's name, for messages. */
  readonly adapterName?: string
  /** How the frozen matrices are stored; default float32. */
  readonly dtype?: StorageDtype
}

/** The weights on the current engine; the caller disposes of them. */
export const loadWeights = (
  folder: ModelFolder,
  { adapter, adapterName, dtype = 'float32' }: LoadChoice = {},
): TE.TaskEither<LmError, DecoderWeights> =>
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
      readParameters(folder, shapes, dtype, (name, weight) => {
        const module = modules.get(name.replace(/\.weight$/, ''))
        return module === undefined ? weight : merged(weight, module)
      }),
    ),
    TE.map((parameters) =>
      assembleWeights(folder.config, {
        matrix: (name) => {
          const found = parameters.get(name)
          return found?.kind === 'matrix' ? found.matrix : float32Matrix(tf.zeros([0, 0]))
        },
        vector: (name) => {
          const found = parameters.get(name)
          return found?.kind === 'vector' ? found.vector : tf.zeros([0])
        },
      }),
    ),
  )
