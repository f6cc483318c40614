/** The decoder's weights on the device, assembled by the names Hugging Face checkpoints give them. */
import { type FrozenMatrix, tf } from '../../engine'
import type { ModelConfig } from '../../formats'
import type { LayerWeights } from './layer'
import type { Linear } from './linear'

// model ------------------------------------------------------------------------------------------

export interface DecoderWeights {
  readonly config: ModelConfig
  /** [vocab, width] */
  readonly embedding: FrozenMatrix
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
    bias: c.attentionBias,
  },
  { key: 'gate', path: 'mlp.gate_proj', outputs: c.intermediateSize, inputs: c.hiddenSize, bias: c.mlpBias },
  { key: 'up', path: 'mlp.up_proj', outputs: c.intermediateSize, inputs: c.hiddenSize, bias: c.mlpBias },
  { key: 'down', path: 'mlp.down_proj', outputs: c.hiddenSize, inputs: c.intermediateSize, bias: c.mlpBias },
]

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
    { name: `${layerName(i)}.input_layernorm.weight`, shape: [c.hiddenSize] },
    ...modulesOf(c).flatMap((m) => [
      { name: `${layerName(i)}.${m.path}.weight`, shape: [m.outputs, m.inputs] },
      ...(m.bias ? [{ name: `${layerName(i)}.${m.path}.bias`, shape: [m.outputs] }] : []),
    ]),
    { name: `${layerName(i)}.post_attention_layernorm.weight`, shape: [c.hiddenSize] },
  ]).flat(),
  { name: FINAL_NORM, shape: [c.hiddenSize] },
  ...(c.tieWordEmbeddings ? [] : [{ name: HEAD, shape: [c.vocabSize, c.hiddenSize] }]),
]

// constructors -----------------------------------------------------------------------------------

/** Where parameters come from; what is given belongs to the decoder's weights from then on. */
export interface ParameterSource {
  readonly matrix: (name: string) => FrozenMatrix
  readonly vector: (name: string) => tf.Tensor
}

/** Assembles the decoder of its parameters. */
export const assembleWeights = (config: ModelConfig, get: ParameterSource): DecoderWeights => {
  const owned: Array<{ readonly dispose: () => void }> = []
  const own = <A extends { readonly dispose: () => void }>(a: A): A => {
    owned.push(a)
    return a
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
    const at = (key: ModuleShape['key']): Linear => {
      const found = modules.get(key)
      if (found === undefined) throw new Error(`the layer description lacks ${key}`)
      return found
    }
    return {
      name,
      inputNorm: own(get.vector(`${name}.input_layernorm.weight`)),
      q: at('q'),
      k: at('k'),
      v: at('v'),
      o: at('o'),
      mlpNorm: own(get.vector(`${name}.post_attention_layernorm.weight`)),
      gate: at('gate'),
      up: at('up'),
      down: at('down'),
    }
  })
  const embedding = own(get.matrix(EMBEDDING))
  const head = config.tieWordEmbeddings ? embedding : own(get.matrix(HEAD))
  const norm = own(get.vector(FINAL_NORM))
  return { config, embedding, layers, norm, head, dispose: () => owned.forEach((o) => o.dispose()) }
}
