/** A model folder with random weights, initialised as in transformers: the start of training from scratch. */
import type * as TE from 'fp-ts/TaskEither'
import type { FormatError } from '@safe/tensor-core/contracts'
import {
  type FloatTensor,
  type ModelConfig,
  modelConfigJson,
  writeModelFolder,
} from '@safe/tensor-core/formats'
import { stream } from '@safe/tensor-core/random'
import type { Shape } from './recipe'
import { beginMark, endMark, markId, padMark } from './template'
import type { TokenizerFiles } from './tokenizerFiles'

/** Standard deviation of all matrices (transformers' `initializer_range`); norms start at 1. */
const initializerRange = 0.02

const configOf = (shape: Shape, vocabSize: number): ModelConfig => ({
  architecture: 'LlamaForCausalLM',
  modelType: 'llama',
  vocabSize,
  hiddenSize: shape.hiddenSize,
  intermediateSize: shape.mlpSize,
  layers: shape.layers,
  heads: shape.heads,
  kvHeads: shape.heads,
  headDim: shape.hiddenSize / shape.heads,
  rmsNormEps: 1e-5,
  rope: { theta: 10000, scaling: { kind: 'none' } },
  tieWordEmbeddings: true,
  attentionBias: false,
  mlpBias: false,
  hiddenAct: 'silu',
  maxPositionEmbeddings: 128,
  torchDtype: 'float32',
  bosTokenId: markId(beginMark),
  eosTokenIds: [markId(endMark)],
  padTokenId: markId(padMark),
})

const initialTensors = (c: ModelConfig, seed: number): ReadonlyArray<FloatTensor> => {
  const random = (name: string, rows: number, cols: number): FloatTensor => {
    const draws = stream(seed, 'initial weights', name)
    return {
      name,
      dtype: 'F32',
      shape: [rows, cols],
      values: Float32Array.from({ length: rows * cols }, () => initializerRange * draws.normal()),
    }
  }
  const ones = (name: string): FloatTensor => ({
    name,
    dtype: 'F32',
    shape: [c.hiddenSize],
    values: new Float32Array(c.hiddenSize).fill(1),
  })
  return [
    random('model.embed_tokens.weight', c.vocabSize, c.hiddenSize),
    ...Array.from({ length: c.layers }, (_, i) => `model.layers.${i}`).flatMap((layer) => [
      ones(`${layer}.input_layernorm.weight`),
      ...['q_proj', 'k_proj', 'v_proj', 'o_proj'].map((name) =>
        random(`${layer}.self_attn.${name}.weight`, c.hiddenSize, c.hiddenSize),
      ),
      ones(`${layer}.post_attention_layernorm.weight`),
      random(`${layer}.mlp.gate_proj.weight`, c.intermediateSize, c.hiddenSize),
      random(`${layer}.mlp.up_proj.weight`, c.intermediateSize, c.hiddenSize),
      random(`${layer}.mlp.down_proj.weight`, c.hiddenSize, c.intermediateSize),
    ]),
    ones('model.norm.weight'),
  ]
}

const json = (value: unknown): string => `${JSON.stringify(value)}\n`

export const writeInitialModel = (
  folder: string,
  shape: Shape,
  tokenizer: TokenizerFiles,
  seed: number,
): TE.TaskEither<FormatError, void> => {
  const config = configOf(shape, tokenizer.vocabulary.length)
  return writeModelFolder(folder, {
    config,
    rawConfig: { ...modelConfigJson(config), initializer_range: initializerRange },
    tensors: initialTensors(config, seed),
    files: {
      ...Object.fromEntries(Object.entries(tokenizer.files).map(([name, value]) => [name, json(value)])),
      'generation_config.json': json({
        bos_token_id: markId(beginMark),
        eos_token_id: markId(endMark),
        pad_token_id: markId(padMark),
      }),
    },
  })
}
