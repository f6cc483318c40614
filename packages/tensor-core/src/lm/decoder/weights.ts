/** The decoder's weights on the device, assembled by their names in Hugging Face checkpoints. */
import { type FrozenMatrix, tf } from '../../engine'
import { type ModelConfig, traitsOf } from '../../formats'
import { attentionKind } from './frame'
import type { LayerWeights } from './layer'
import type { Linear } from './linear'
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

export interface NamedShape {
  readonly name: string
  readonly shape: ReadonlyArray<number>
}

export const EMBEDDING = 'model.embed_tokens.weight'
export const FINAL_NORM = 'model.norm.weight'
export const HEAD = 'lm_head.weight'

/** The module whose weight this parameter is: `lm_head` of `lm_head.weight`. */
export const moduleOf = (parameter: string): string => parameter.replace(/\.weight$/, '')

export const HEAD_MODULE = moduleOf(HEAD)

/** A linear module of one layer: its name below the layer, its sizes, and whether it has a bias. */
interface ModuleShape {
  readonly key: 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down'
  readonly path: string
  readonly outputs: number
  readonly inputs: number
  readonly bias: boolean
}

const modulesOf = (c: ModelConfig): ReadonlyArray<ModuleShape> => [
  {
    key: 'q',
    path: 'self_attn.q_proj',
    outputs: c.heads * c.headDim,
    inputs: c.hiddenSize,
    bias: c.attentionBias,
  },
  {
    key: 'k',
    path: 'self_attn.k_proj',
    outputs: c.kvHeads * c.headDim,
    inputs: c.hiddenSize,
    bias: c.attentionBias,
  },
  {
    key: 'v',
    path: 'self_attn.v_proj',
    outputs: c.kvHeads * c.headDim,
    inputs: c.hiddenSize,
    bias: c.attentionBias,
  },
  {
    key: 'o',
    path: 'self_attn.o_proj',
    outputs: c.hiddenSize,
    inputs: c.heads * c.headDim,
    bias: c.attentionBias && traitsOf(c.modelType).outputBias,
  },
  { key: 'gate', path: 'mlp.gate_proj', outputs: c.intermediateSize, inputs: c.hiddenSize, bias: c.mlpBias },
  { key: 'up', path: 'mlp.up_proj', outputs: c.intermediateSize, inputs: c.hiddenSize, bias: c.mlpBias },
  { key: 'down', path: 'mlp.down_proj', outputs: c.hiddenSize, inputs: c.intermediateSize, bias: c.mlpBias },
]

/** A norm of one layer: its place in the layer, its name below the layer, its width. */
interface NormShape {
  readonly key: 'inputNorm' | 'qNorm' | 'kNorm' | 'afterAttention' | 'mlpNorm' | 'afterMlp'
  readonly path: string
  readonly width: number
}

/** All norms but the first, which checkpoints list before the linear modules. */
const laterNormsOf = (c: ModelConfig): ReadonlyArray<NormShape> => {
  const { headNorms, sandwichNorms } = traitsOf(c.modelType)
  const ofHead: ReadonlyArray<NormShape> = [
    { key: 'qNorm', path: 'self_attn.q_norm', width: c.headDim },
    { key: 'kNorm', path: 'self_attn.k_norm', width: c.headDim },
  ]
  const ofState: ReadonlyArray<NormShape> = sandwichNorms
    ? [
        { key: 'afterAttention', path: 'post_attention_layernorm', width: c.hiddenSize },
        { key: 'mlpNorm', path: 'pre_feedforward_layernorm', width: c.hiddenSize },
        { key: 'afterMlp', path: 'post_feedforward_layernorm', width: c.hiddenSize },
      ]
    : [{ key: 'mlpNorm', path: 'post_attention_layernorm', width: c.hiddenSize }]
  return [...(headNorms ? ofHead : []), ...ofState]
}

const INPUT_NORM = 'input_layernorm'

const layerName = (i: number): string => `model.layers.${i}`

/** Every linear module of the decoder layers: what LoRA can be attached to. */
export const linearModules = (
  c: ModelConfig,
): ReadonlyArray<{ readonly name: string; readonly outputs: number; readonly inputs: number }> =>
  Array.from({ length: c.layers }, (_, i) =>
    modulesOf(c).map((m) => ({ name: `${layerName(i)}.${m.path}`, outputs: m.outputs, inputs: m.inputs })),
  ).flat()

/** Every parameter by its checkpoint name, in the order a checkpoint lists them. */
export const parameterShapes = (c: ModelConfig): ReadonlyArray<NamedShape> => [
  { name: EMBEDDING, shape: [c.vocabSize, c.hiddenSize] },
  ...Array.from({ length: c.layers }, (_, i) => [
    { name: `${layerName(i)}.${INPUT_NORM}.weight`, shape: [c.hiddenSize] },
    ...modulesOf(c).flatMap((m) => [
      { name: `${layerName(i)}.${m.path}.weight`, shape: [m.outputs, m.inputs] },
      ...(m.bias ? [{ name: `${layerName(i)}.${m.path}.bias`, shape: [m.outputs] }] : []),
    ]),
    ...laterNormsOf(c).map((n) => ({ name: `${layerName(i)}.${n.path}.weight`, shape: [n.width] })),
  ]).flat(),
  { name: FINAL_NORM, shape: [c.hiddenSize] },
  ...(c.tieWordEmbeddings ? [] : [{ name: HEAD, shape: [c.vocabSize, c.hiddenSize] }]),
]

// constructors -----------------------------------------------------------------------------------

const missing = (key: string): never => {
  throw new Error(`the layer description lacks ${key}`)
}

/** The norms that only some families have. */
const optionalNorms = (
  norms: ReadonlyMap<NormShape['key'], Norm>,
): Pick<LayerWeights, 'headNorms' | 'afterAttention' | 'afterMlp'> => {
  const [q, k] = [norms.get('qNorm'), norms.get('kNorm')]
  const [afterAttention, afterMlp] = [norms.get('afterAttention'), norms.get('afterMlp')]
  return {
    ...(q === undefined || k === undefined ? {} : { headNorms: { q, k } }),
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
    const norms = new Map(laterNormsOf(config).map((n) => [n.key, norm(`${name}.${n.path}`)]))
    return {
      name,
      kind: attentionKind(config, i),
      inputNorm: norm(`${name}.${INPUT_NORM}`),
      q: at('q'),
      k: at('k'),
      v: at('v'),
      o: at('o'),
      mlpNorm: norms.get('mlpNorm') ?? missing('mlpNorm'),
      ...optionalNorms(norms),
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
