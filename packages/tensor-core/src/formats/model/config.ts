/**
 * What a model's `config.json` decides, in one form whichever version of transformers wrote it. Fields that change results are
 * either here or refused by name when the file is read (`families.ts`): nothing is silently left out.
 */

// model ------------------------------------------------------------------------------------------

/** How rotary frequencies are rescaled for contexts longer than the trained one. */
export type RopeScaling =
  | { readonly kind: 'none' }
  | { readonly kind: 'linear'; readonly factor: number }
  | {
      readonly kind: 'llama3'
      readonly factor: number
      readonly lowFreqFactor: number
      readonly highFreqFactor: number
      readonly originalMaxPositionEmbeddings: number
    }

export interface Rope {
  readonly theta: number
  readonly scaling: RopeScaling
}

export type ModelType = 'llama' | 'mistral'

/** A decoder of the llama family. */
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
  readonly rope: Rope
  readonly tieWordEmbeddings: boolean
  /** Biases on the four attention projections. */
  readonly attentionBias: boolean
  /** Biases on the three projections of the MLP. */
  readonly mlpBias: boolean
  readonly hiddenAct: 'silu'
  readonly maxPositionEmbeddings: number
  /** The type the weights were saved in, as the file says: `bfloat16`. */
  readonly torchDtype: string | undefined
  readonly bosTokenId: number | undefined
  readonly eosTokenIds: ReadonlyArray<number>
  readonly padTokenId: number | undefined
}
