/** An adapter against a model: whether it fits, merged into a weight, or attached beside the weights. */
import * as E from 'fp-ts/Either'
import { type LmError, type LoraAdapter, type LoraModule, badInput } from '../../contracts'
import { matMul, tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import type { Adaptation } from '../decoder/linear'
import { HEAD_MODULE, linearModules } from '../decoder/parameters'

// checks -----------------------------------------------------------------------------------------

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

/** W + s B A in float32, as a new tensor; the weight [out, in] stays the caller's. */
export const mergedWeight = (weight: tf.Tensor, { A, B, scale }: LoraModule): tf.Tensor =>
  tf.tidy(() => {
    const low = matMul(tf.tensor2d(B.data, [B.rows, B.cols]), tf.tensor2d(A.data, [A.rows, A.cols]))
    return tf.add(weight, tf.mul(low, scale))
  })

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
