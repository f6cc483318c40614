/**
 * A model's `config.json` in one form, whichever version of transformers wrote it. Fields that change results are either here or
 * refused by name when the file is read (`readConfig.ts`): none is silently ignored.
 */

// model ------------------------------------------------------------------------------------------

/**
 * How rotary frequencies are rescaled for contexts longer than the trained one (transformers' `modeling_rope_utils`). Lengths and
 * factors that a file omits have transformers' defaults.
 */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  /** NTK: the base grows with the length of a sequence longer than `maxPositionEmbeddings`. */
  | { readonly kind: 'dynamic'; readonly factor: number; readonly maxPositionEmbeddings: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFreqFactor: number
      readonly highFreqFactor: number
      readonly originalMaxPositionEmbeddings: number
    }
  | {
      readonly kind: 'yarn'
      readonly factor: number
      readonly attentionFactor: number
      readonly betaFast: number
      readonly betaSlow: number
      readonly originalMaxPositionEmbeddings: number
      readonly truncate: boolean
    }
  /** One factor per pair of components; other factors for sequences longer than `originalMaxPositionEmbeddings`. */
  | {
      readonly kind: 'longrope'
      readonly attentionFactor: number
      readonly shortFactor: ReadonlyArray<number>
      readonly longFactor: ReadonlyArray<number>
      readonly originalMaxPositionEmbeddings: number
    }

/** The rotary position embedding: the base of its frequencies, and how they are rescaled. */
export interface Rope {
  readonly theta: number
  readonly scaling: RopeScaling
}

/** The supported values of `model_type`. */
export type ModelType =
  | 'llama'
  | 'mistral'
  | 'qwen2'
  | 'qwen3'
  | 'gemma'
  | 'gemma2'
  | 'gemma3_text'
  | 'granite'
  | 'olmo2'
  | 'smollm3'

/** The activation of an MLP's gate, as configurations name it. */
export type Activation = 'silu' | 'gelu_pytorch_tanh'

/** Layers in which a position attends only to the last `window` positions, itself included. */
export interface SlidingAttention {
  readonly window: number
  /** Whether each layer is one of them. */
  readonly layers: ReadonlyArray<boolean>
  /** The rotary embedding of these layers. */
  readonly rope: Rope
}

/** A decoder of the llama family; the traits of each `modelType` are in `families.ts`. */
export interface ModelConfig {
  /** The class transformers would build, e.g. `LlamaForCausalLM`. */
  readonly architecture: string
  readonly modelType: ModelType
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headDim: number
  readonly rmsNormEps: number
  /** The rotary embedding of layers with full attention. */
  readonly rope: Rope
  /** Absent where every layer has full attention. */
  readonly sliding?: SlidingAttention
  /** Whether each layer leaves queries and keys unrotated; absent where every layer rotates them. */
  readonly unrotated?: ReadonlyArray<boolean>
  /** Attention scores are divided by its square root; by default `headDim`. */
  readonly queryPreAttnScalar?: number
  /** Attention scores are multiplied by it, instead of being divided by a square root. */
  readonly attentionMultiplier?: number
  /** c of the attention scores c tanh(score / c); absent: the scores as they are. */
  readonly attentionSoftcap?: number
  /** c of the logits c tanh(logit / c); absent: the logits as they are. */
  readonly logitSoftcap?: number
  /** Logits are divided by it; absent: 1. */
  readonly logitsScaling?: number
  /** Factor of the embedding's rows; absent: as the family has it. */
  readonly embeddingMultiplier?: number
  /** Factor of the outputs of attention and MLP before they are added to the residual; absent: 1. */
  readonly residualMultiplier?: number
  readonly tieWordEmbeddings: boolean
  /** Whether the attention projections have biases (which of them: `FamilyTraits`). */
  readonly attentionBias: boolean
  /** Whether the three projections of the MLP have biases. */
  readonly mlpBias: boolean
  readonly hiddenAct: Activation
  readonly maxPositionEmbeddings: number
  /** The type the weights were saved in, as the file states it: `bfloat16`. */
  readonly torchDtype: string | undefined
  readonly bosTokenId: number | undefined
  readonly eosTokenIds: ReadonlyArray<number>
  readonly padTokenId: number | undefined
}
