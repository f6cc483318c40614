/**
 * What a model's `config.json` decides, in one form whichever version of transformers wrote it. Fields that change results are
 * either here or refused by name when the file is read (`readConfig.ts`): nothing is silently left out.
 */

// model ------------------------------------------------------------------------------------------

/**
 * How rotary frequencies are rescaled for contexts longer than the trained one (transformers' `modeling_rope_utils`). Lengths and
 * factors that a file leaves out are filled in as transformers does.
 */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  /** NTK: the base grows with a sequence beyond `maxPositionEmbeddings`. */
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
  /** One factor per pair of components, another set for sequences beyond `originalMaxPositionEmbeddings`. */
  | {
      readonly kind: 'longrope'
      readonly attentionFactor: number
      readonly shortFactor: ReadonlyArray<number>
      readonly longFactor: ReadonlyArray<number>
      readonly originalMaxPositionEmbeddings: number
    }

/** The rotary position embedding: the base of its rates, and how they are rescaled. */
export interface Rope {
  readonly theta: number
  readonly scaling: RopeScaling
}

/** `model_type` of the configurations that are read. */
export type ModelType = 'llama' | 'mistral' | 'qwen2' | 'qwen3' | 'gemma3_text'

/** The function between the gate and the product of an MLP, as configurations name it. */
export type Activation = 'silu' | 'gelu_pytorch_tanh'

/** Layers whose positions see the last `window` positions alone, their own included. */
export interface SlidingAttention {
  readonly window: number
  /** Per layer, whether it is one of them. */
  readonly layers: ReadonlyArray<boolean>
  /** The rotary embedding of these layers. */
  readonly rope: Rope
}

/** A decoder of the llama family; what sets its `modelType` apart is in `families.ts`. */
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
  /** Of the layers that see everything before them. */
  readonly rope: Rope
  /** Absent where every layer sees everything before it. */
  readonly sliding?: SlidingAttention
  /** Scores are divided by its square root; absent: `headDim`. */
  readonly queryPreAttnScalar?: number
  readonly tieWordEmbeddings: boolean
  /** Biases on the attention projections that the family can give them to. */
  readonly attentionBias: boolean
  /** Biases on the three projections of the MLP. */
  readonly mlpBias: boolean
  readonly hiddenAct: Activation
  readonly maxPositionEmbeddings: number
  /** The type the weights were saved in, as the file says: `bfloat16`. */
  readonly torchDtype: string | undefined
  readonly bosTokenId: number | undefined
  readonly eosTokenIds: ReadonlyArray<number>
  readonly padTokenId: number | undefined
}
