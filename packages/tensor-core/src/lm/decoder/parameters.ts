/** The decoder's parameters by their names in Hugging Face checkpoints, with their shapes. */
import { type ModelConfig, traitsOf } from '../../formats'

// model ------------------------------------------------------------------------------------------

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
export interface ModuleShape {
  readonly key: 'q' | 'k' | 'v' | 'o' | 'gate' | 'up' | 'down'
  readonly path: string
  readonly outputs: number
  readonly inputs: number
  readonly bias: boolean
}

export const modulesOf = (c: ModelConfig): ReadonlyArray<ModuleShape> => [
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
export interface NormShape {
  readonly key: 'inputNorm' | 'qNorm' | 'kNorm' | 'afterAttention' | 'mlpNorm' | 'afterMlp'
  readonly path: string
  readonly width: number
}

const INPUT: NormShape['key'] = 'inputNorm'

/** The norms of a layer, in the order checkpoints list them: the first before the linear modules. */
export const normsOf = (c: ModelConfig): ReadonlyArray<NormShape> => {
  const { queryKeyNorms, stateNorms } = traitsOf(c.modelType)
  const wide = (heads: number): number => (queryKeyNorms === 'all-heads' ? heads : 1) * c.headDim
  const ofHeads: ReadonlyArray<NormShape> = [
    { key: 'qNorm', path: 'self_attn.q_norm', width: wide(c.heads) },
    { key: 'kNorm', path: 'self_attn.k_norm', width: wide(c.kvHeads) },
  ]
  const state = (key: NormShape['key'], path: string): NormShape => ({ key, path, width: c.hiddenSize })
  const input = state(INPUT, 'input_layernorm')
  const after = state('afterAttention', 'post_attention_layernorm')
  const afterMlp = state('afterMlp', 'post_feedforward_layernorm')
  const ofStates: Readonly<Record<typeof stateNorms, ReadonlyArray<NormShape>>> = {
    before: [state('mlpNorm', 'post_attention_layernorm')],
    around: [after, state('mlpNorm', 'pre_feedforward_layernorm'), afterMlp],
    after: [after, afterMlp],
  }
  return [
    ...(stateNorms === 'after' ? [] : [input]),
    ...(queryKeyNorms === 'none' ? [] : ofHeads),
    ...ofStates[stateNorms],
  ]
}

export const layerName = (i: number): string => `model.layers.${i}`

/** Every linear module of the decoder layers: what LoRA can be attached to. */
export const linearModules = (
  c: ModelConfig,
): ReadonlyArray<{ readonly name: string; readonly outputs: number; readonly inputs: number }> =>
  Array.from({ length: c.layers }, (_, i) =>
    modulesOf(c).map((m) => ({ name: `${layerName(i)}.${m.path}`, outputs: m.outputs, inputs: m.inputs })),
  ).flat()

const normParameters = (
  c: ModelConfig,
  layer: number,
  chosen: (key: NormShape['key']) => boolean,
): ReadonlyArray<NamedShape> =>
  normsOf(c).flatMap((n) =>
    chosen(n.key) ? [{ name: `${layerName(layer)}.${n.path}.weight`, shape: [n.width] }] : [],
  )

/** Every parameter by its checkpoint name, in the order a checkpoint lists them. */
export const parameterShapes = (c: ModelConfig): ReadonlyArray<NamedShape> => [
  { name: EMBEDDING, shape: [c.vocabSize, c.hiddenSize] },
  ...Array.from({ length: c.layers }, (_, i) => [
    ...normParameters(c, i, (key) => key === INPUT),
    ...modulesOf(c).flatMap((m) => [
      { name: `${layerName(i)}.${m.path}.weight`, shape: [m.outputs, m.inputs] },
      ...(m.bias ? [{ name: `${layerName(i)}.${m.path}.bias`, shape: [m.outputs] }] : []),
    ]),
    ...normParameters(c, i, (key) => key !== INPUT),
  ]).flat(),
  { name: FINAL_NORM, shape: [c.hiddenSize] },
  ...(c.tieWordEmbeddings ? [] : [{ name: HEAD, shape: [c.vocabSize, c.hiddenSize] }]),
]
