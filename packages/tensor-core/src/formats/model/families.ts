/**
 * The families of decoders, each described by how it differs from llama: the traits of its layers, and the defaults that
 * transformers' configuration class has for fields that `config.json` omits (transformers 5.23, same values in 4).
 */
import type { Activation, ModelType } from './config'

// model ------------------------------------------------------------------------------------------

/** How the layers of a family differ from llama's. */
export interface FamilyTraits {
  /** A norm's gain is its weight w (plain) or 1 + w (onePlus). */
  readonly normGain: 'plain' | 'onePlus'
  /** Norms before attention and MLP, after them (before their result is added to the residual), or both: around. */
  readonly stateNorms: 'before' | 'around' | 'after'
  /** Norms of queries and keys before they are rotated: of each head by itself, or of all heads together. */
  readonly queryKeyNorms: 'none' | 'each-head' | 'all-heads'
  /** Whether the attention's output projection has a bias where the other three have one. */
  readonly outputBias: boolean
  /** Embeddings are multiplied by the square root of their width. */
  readonly scaledEmbedding: boolean
}

/** How a configuration says which layers have a sliding window. */
export type SlidingRule =
  /** none: a window in the configuration is refused */
  | 'never'
  /** all, if there is a window (mistral) */
  | 'every-layer'
  /** with `use_sliding_window`, those from `max_window_layers` on, or as `layer_types` says (qwen) */
  | 'upper-layers'
  /** all but every `sliding_window_pattern`-th, or as `layer_types` says (gemma) */
  | 'pattern'
  /** all but every second, or as `layer_types` says (gemma 2) */
  | 'alternating'

/** Defaults of omitted fields. A size that is `undefined` follows from other sizes, as in llama. */
export interface FamilyDefaults {
  readonly kvHeads: number | undefined
  readonly headDim: number | undefined
  readonly theta: number
  readonly slidingTheta: number
  readonly window: number | undefined
  readonly maxPositionEmbeddings: number
  readonly rmsNormEps: number
  readonly tieWordEmbeddings: boolean
  readonly queryPreAttnScalar: number | undefined
  readonly bosTokenId: number | undefined
  readonly eosTokenId: number | undefined
  readonly padTokenId: number | undefined
}

/** Caps of attention scores and of logits where a file omits them (`null` in the file: none). */
export interface Softcaps {
  readonly attention: number
  readonly logits: number
}

export interface Family {
  readonly architecture: string
  readonly traits: FamilyTraits
  readonly defaults: FamilyDefaults
  readonly sliding: SlidingRule
  /** One rotary embedding for all layers, or one for each kind of attention. */
  readonly ropes: 'one' | 'by-kind'
  /** Whether files say which layers are not rotated (`no_rope_layers`). */
  readonly unrotatedLayers: boolean
  readonly activationField: 'hidden_act' | 'hidden_activation'
  readonly activation: Activation
  /** Files that say `gelu` mean its tanh form. */
  readonly geluIsTanh: boolean
  /** Absent where the family has no soft-capping. */
  readonly softcaps?: Softcaps
  /** Whether files have the four multipliers of granite; each is 1 by default, that of attention scores too. */
  readonly multipliers: boolean
  /** Whether attention projections have biases: as a field of the file says, always, or never. */
  readonly attentionBias: 'field' | 'always' | 'never'
  readonly mlpBias: 'field' | 'never'
}

// the families -----------------------------------------------------------------------------------

const llama: Family = {
  architecture: 'LlamaForCausalLM',
  traits: {
    normGain: 'plain',
    stateNorms: 'before',
    queryKeyNorms: 'none',
    outputBias: true,
    scaledEmbedding: false,
  },
  defaults: {
    kvHeads: undefined,
    headDim: undefined,
    theta: 10_000,
    slidingTheta: 10_000,
    window: undefined,
    maxPositionEmbeddings: 2048,
    rmsNormEps: 1e-6,
    tieWordEmbeddings: false,
    queryPreAttnScalar: undefined,
    bosTokenId: 1,
    eosTokenId: 2,
    padTokenId: undefined,
  },
  sliding: 'never',
  ropes: 'one',
  unrotatedLayers: false,
  activationField: 'hidden_act',
  activation: 'silu',
  geluIsTanh: false,
  multipliers: false,
  attentionBias: 'field',
  mlpBias: 'field',
}

const mistral: Family = {
  ...llama,
  architecture: 'MistralForCausalLM',
  defaults: { ...llama.defaults, kvHeads: 8, window: 4096, maxPositionEmbeddings: 131_072 },
  sliding: 'every-layer',
  attentionBias: 'never',
  mlpBias: 'never',
}

const qwen2: Family = {
  ...llama,
  architecture: 'Qwen2ForCausalLM',
  traits: { ...llama.traits, outputBias: false },
  defaults: {
    ...llama.defaults,
    kvHeads: 32,
    window: 4096,
    maxPositionEmbeddings: 32_768,
    bosTokenId: undefined,
    eosTokenId: undefined,
  },
  sliding: 'upper-layers',
  attentionBias: 'always',
  mlpBias: 'never',
}

const qwen3: Family = {
  ...qwen2,
  architecture: 'Qwen3ForCausalLM',
  traits: { ...llama.traits, queryKeyNorms: 'each-head' },
  defaults: { ...qwen2.defaults, headDim: 128 },
  attentionBias: 'field',
}

const gemma: Family = {
  ...llama,
  architecture: 'GemmaForCausalLM',
  traits: { ...llama.traits, normGain: 'onePlus', scaledEmbedding: true },
  defaults: {
    ...llama.defaults,
    kvHeads: 16,
    headDim: 256,
    maxPositionEmbeddings: 8192,
    tieWordEmbeddings: true,
    bosTokenId: 2,
    eosTokenId: 1,
    padTokenId: 0,
  },
  activation: 'gelu_pytorch_tanh',
  geluIsTanh: true,
  mlpBias: 'never',
}

const gemma2: Family = {
  ...gemma,
  architecture: 'Gemma2ForCausalLM',
  traits: { ...gemma.traits, stateNorms: 'around' },
  defaults: { ...gemma.defaults, kvHeads: 4, window: 4096, queryPreAttnScalar: 256 },
  sliding: 'alternating',
  activationField: 'hidden_activation',
  geluIsTanh: false,
  softcaps: { attention: 50, logits: 30 },
}

const gemma3: Family = {
  ...gemma,
  architecture: 'Gemma3ForCausalLM',
  traits: { ...gemma.traits, stateNorms: 'around', queryKeyNorms: 'each-head' },
  defaults: {
    ...gemma.defaults,
    kvHeads: 4,
    theta: 1_000_000,
    window: 4096,
    maxPositionEmbeddings: 131_072,
    queryPreAttnScalar: 256,
  },
  sliding: 'pattern',
  ropes: 'by-kind',
  activationField: 'hidden_activation',
  geluIsTanh: false,
}

const granite: Family = { ...llama, architecture: 'GraniteForCausalLM', multipliers: true }

const olmo2: Family = {
  ...llama,
  architecture: 'Olmo2ForCausalLM',
  traits: { ...llama.traits, stateNorms: 'after', queryKeyNorms: 'all-heads' },
  defaults: {
    ...llama.defaults,
    rmsNormEps: 1e-5,
    bosTokenId: undefined,
    eosTokenId: 50_279,
    padTokenId: 1,
  },
  mlpBias: 'never',
}

const smollm3: Family = {
  ...llama,
  architecture: 'SmolLM3ForCausalLM',
  defaults: {
    ...llama.defaults,
    kvHeads: 4,
    theta: 2_000_000,
    maxPositionEmbeddings: 32_768,
    tieWordEmbeddings: true,
    bosTokenId: 128_000,
    eosTokenId: 128_001,
    padTokenId: 128_004,
  },
  unrotatedLayers: true,
}

export const families: Readonly<Record<ModelType, Family>> = {
  llama,
  mistral,
  qwen2,
  qwen3,
  gemma,
  gemma2,
  gemma3_text: gemma3,
  granite,
  olmo2,
  smollm3,
}

export const isModelType = (name: string): name is ModelType => Object.hasOwn(families, name)

/** How the layers of this family differ from llama's. */
export const traitsOf = (modelType: ModelType): FamilyTraits => families[modelType].traits
