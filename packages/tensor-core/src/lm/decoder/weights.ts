/** The decoder's weights on the device, assembled by their names in Hugging Face checkpoints. */
import { type FrozenMatrix, tf } from '../../engine'
import { type ModelConfig, traitsOf } from '../../formats'
import { attentionKind } from './frame'
import type { LayerWeights } from './layer'
import type { Linear } from './linear'
import {
  EMBEDDING,
  FINAL_NORM,
  HEAD,
  HEAD_MODULE,
  type ModuleShape,
  type NormShape,
  layerName,
  moduleOf,
  modulesOf,
  normsOf,
} from './parameters'
import type { Norm } from './rmsNorm'

// model ------------------------------------------------------------------------------------------

export interface DecoderWeights {
  readonly config: ModelConfig
  /** [vocab, width] */
  readonly embedding: FrozenMatrix
  /** Factor of the embedding's rows: 1, the square root of their width, or the model's own. */
  readonly embeddingScale: number
  readonly layers: ReadonlyArray<LayerWeights>
  readonly norm: tf.Tensor
  /** [vocab, width]; the embedding itself where they are tied. */
  readonly head: FrozenMatrix
  readonly dispose: () => void
}

// constructors -----------------------------------------------------------------------------------

const missing = (key: string): never => {
  throw new Error(`the layer description lacks ${key}`)
}

/** The norms that a family has. */
const normsAt = (
  norms: ReadonlyMap<NormShape['key'], Norm>,
): Pick<LayerWeights, 'inputNorm' | 'headNorms' | 'afterAttention' | 'mlpNorm' | 'afterMlp'> => {
  const [q, k] = [norms.get('qNorm'), norms.get('kNorm')]
  const [inputNorm, afterAttention] = [norms.get('inputNorm'), norms.get('afterAttention')]
  const [mlpNorm, afterMlp] = [norms.get('mlpNorm'), norms.get('afterMlp')]
  return {
    ...(inputNorm === undefined ? {} : { inputNorm }),
    ...(q === undefined || k === undefined ? {} : { headNorms: { q, k } }),
    ...(mlpNorm === undefined ? {} : { mlpNorm }),
    ...(afterAttention === undefined ? {} : { afterAttention }),
    ...(afterMlp === undefined ? {} : { afterMlp }),
  }
}

/** Where parameters come from; the decoder's weights take ownership of them. */
export interface ParameterSource {
  readonly matrix: (name: string) => FrozenMatrix
  readonly vector: (name: string) => tf.Tensor
}

/** Assembles the decoder from its parameters. */
export const assembleWeights = (config: ModelConfig, get: ParameterSource): DecoderWeights => {
  const owned: Array<{ readonly dispose: () => void }> = []
  const own = <A extends { readonly dispose: () => void }>(a: A): A => {
    owned.push(a)
    return a
  }
  const { normGain, scaledEmbedding } = traitsOf(config.modelType)
  const norm = (path: string): Norm => {
    const name = `${path}.weight`
    const weight = get.vector(name)
    if (normGain === 'plain') return { name, gain: own(weight) }
    const gain = own(tf.add(weight, 1))
    weight.dispose()
    return { name, gain }
  }
  const layers = Array.from({ length: config.layers }, (_, i): LayerWeights => {
    const name = layerName(i)
    const modules = new Map(
      modulesOf(config).map((m): [string, Linear] => {
        const module = `${name}.${m.path}`
        const matrix = own(get.matrix(`${module}.weight`))
        return [
          m.key,
          { name: module, matrix, ...(m.bias ? { bias: own(get.vector(`${module}.bias`)) } : {}) },
        ]
      }),
    )
    const at = (key: ModuleShape['key']): Linear => modules.get(key) ?? missing(key)
    const norms = new Map(normsOf(config).map((n) => [n.key, norm(`${name}.${n.path}`)]))
    return {
      name,
      kind: attentionKind(config, i),
      q: at('q'),
      k: at('k'),
      v: at('v'),
      o: at('o'),
      ...normsAt(norms),
      gate: at('gate'),
      up: at('up'),
      down: at('down'),
    }
  })
  const embedding = own(get.matrix(EMBEDDING))
  const head = config.tieWordEmbeddings ? embedding : own(get.matrix(HEAD))
  return {
    config,
    embedding,
    embeddingScale:
      config.embeddingMultiplier ?? (scaledEmbedding ? Math.fround(Math.sqrt(config.hiddenSize)) : 1),
    layers,
    norm: norm(moduleOf(FINAL_NORM)).gain,
    head,
    dispose: () => owned.forEach((o) => o.dispose()),
  }
}

/**
 * The same weights with other matrices in these modules (by module name, the output head included). Everything else is shared
 * with `base`: `dispose` frees the given matrices only, and `base` must live as long.
 */
export const withMatrices = (
  base: DecoderWeights,
  matrices: ReadonlyMap<string, FrozenMatrix>,
): DecoderWeights => {
  const own = (layer: Linear): Linear => {
    const matrix = matrices.get(layer.name)
    return matrix === undefined ? layer : { ...layer, matrix }
  }
  return {
    ...base,
    layers: base.layers.map((w) => ({
      ...w,
      q: own(w.q),
      k: own(w.k),
      v: own(w.v),
      o: own(w.o),
      gate: own(w.gate),
      up: own(w.up),
      down: own(w.down),
    })),
    head: matrices.get(HEAD_MODULE) ?? base.head,
    dispose: () => matrices.forEach((m) => m.dispose()),
  }
}
