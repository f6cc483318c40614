/**
 * One decoder layer over a few new positions of a cache as one operation, if the current engine has a kernel for it: norms,
 * products, attention over the cache, gated MLP. Other engines run the same steps one by one.
 */
import type { FrozenMatrix } from '../frozenMatrix'
import { tf } from '../tf'
import type { CacheMemory } from './cachedAttention'
import { fusedNames, hasFused, runFused } from './kernel'
import { type DeviceMatrix, FEW_ROWS } from './rowsProduct'

// model ------------------------------------------------------------------------------------------

/** A matrix [out, in] and what is added to its product. */
export interface FusedLinear {
  readonly matrix: FrozenMatrix
  /** [out] */
  readonly bias?: tf.Tensor
}

/** The names of a layer's linear modules, in the order in which kernels take them. */
export const layerModules = ['q', 'k', 'v', 'o', 'gate', 'up', 'down'] as const
type LayerModule = (typeof layerModules)[number]

/** Gains of the norms that a layer may have; those of queries and keys are as wide as one head, or as all of them. */
export interface LayerGains {
  readonly inputNorm?: tf.Tensor
  readonly queryNorm?: tf.Tensor
  readonly keyNorm?: tf.Tensor
  readonly afterAttention?: tf.Tensor
  readonly mlpNorm?: tf.Tensor
  readonly afterMlp?: tf.Tensor
}

/** The new positions: how they are rotated, and what each may see. */
export interface LayerPositions {
  /** Cosines and sines [1 or rows, chunk, 1, headDim / 2] */
  readonly cos: tf.Tensor
  readonly sin: tf.Tensor
  /** [rows, 1, chunk, slots], the new slots included */
  readonly mask: tf.Tensor
}

/** The constants of a layer. */
export interface LayerConstants {
  readonly epsilon: number
  /** Multiplies the scores. */
  readonly factor: number
  /** Multiplies what attention and MLP add to the states. */
  readonly residual: number
  readonly activation: 'silu' | 'gelu'
}

/** A layer's weights. */
export interface FusedLayer extends Readonly<Record<LayerModule, FusedLinear>> {
  readonly gains: LayerGains
  readonly constants: LayerConstants
}

/** States of the new positions [rows * chunk, width], where they stand, and the memory of the cache [rows, keyHeads, capacity, headDim]. */
export interface LayerInput {
  readonly x: tf.Tensor
  readonly positions: LayerPositions
  readonly cache: CacheMemory
}

// running ----------------------------------------------------------------------------------------

/** The matrices on the device, where all are of one type and arithmetic. */
const alike = (layer: FusedLayer): ReadonlyArray<DeviceMatrix> | undefined => {
  const found = layerModules.flatMap((module) => layer[module].matrix.onDevice?.() ?? [])
  const [first] = found
  return first !== undefined &&
    found.length === layerModules.length &&
    found.every((m) => m.type === first.type && m.rounded === first.rounded)
    ? found
    : undefined
}

/**
 * The layer's output [rows * chunk, width]; keys and values of the new positions are written behind the slots in use.
 *
 * @returns undefined if the engine has no such kernel, there are too many positions, or the matrices are stored in several ways
 */
export const decoderLayer = (
  layer: FusedLayer,
  { x, positions, cache }: LayerInput,
): tf.Tensor | undefined => {
  const [positionCount = 0] = x.shape
  if (!hasFused(fusedNames.decoderLayer) || positionCount > FEW_ROWS) return undefined
  const matrices = alike(layer)
  const [first] = matrices ?? []
  if (matrices === undefined || first === undefined) return undefined
  const { epsilon, factor, residual, activation } = layer.constants
  const numbers = [epsilon, factor, residual, activation === 'gelu' ? 1 : 0, first.rounded ? 1 : 0]
  const biases = layerModules.flatMap((module): Array<[string, tf.Tensor]> => {
    const { bias } = layer[module]
    return bias === undefined ? [] : [[`${module}Bias`, bias]]
  })
  return tf.tidy(
    () =>
      runFused(
        fusedNames.decoderLayer,
        {
          x,
          ...Object.fromEntries(biases),
          ...layer.gains,
          ...positions,
          ...cache,
          numbers: tf.tensor1d(numbers),
        },
        { matrices: matrices.map((m) => m.handle), type: first.type },
      )?.[0],
  )
}
