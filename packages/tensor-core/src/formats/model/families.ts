/**
 * `config.json` to `ModelConfig`, one reader per `model_type`. A new family (qwen2, qwen3, gemma3_text) is one more entry of
 * `families`, with the fields it adds to `ModelConfig`.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs, shownValue } from '../decode'
import { unsupported } from '../input'
import type { ModelConfig, ModelType } from './config'
import { decodeRope } from './rope'

// codecs -----------------------------------------------------------------------------------------

/** More layers than any model has: a file must not be able to ask for lists without end. */
const Layers = t.refinement(
  t.number,
  (n) => Number.isSafeInteger(n) && n > 0 && n <= 10_000,
  'a positive whole number, at most 10000',
)
const Count = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n > 0, 'a positive whole number')
const TokenId = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a token id')
const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a positive number')
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)
export const TokenIds = t.union([TokenId, t.array(TokenId)], 'a token id or a list of them')

const ModelTypeField = t.type({ model_type: t.string }, 'a model configuration')

const LlamaFields = t.intersection(
  [
    t.type({
      vocab_size: Count,
      hidden_size: Count,
      intermediate_size: Count,
      num_hidden_layers: Layers,
      num_attention_heads: Count,
    }),
    t.partial({
      architectures: optional(t.array(t.string)),
      num_key_value_heads: optional(Count),
      head_dim: optional(Count),
      rms_norm_eps: optional(Positive),
      max_position_embeddings: optional(Count),
      hidden_act: optional(t.string),
      tie_word_embeddings: optional(t.boolean),
      attention_bias: optional(t.boolean),
      mlp_bias: optional(t.boolean),
      torch_dtype: optional(t.string),
      dtype: optional(t.string),
      bos_token_id: optional(TokenIds),
      eos_token_id: optional(TokenIds),
      pad_token_id: optional(t.number),
    }),
  ],
  'a model configuration',
)
type LlamaFields = t.TypeOf<typeof LlamaFields>

/** Fields that would change results: present with any other value than these, the model is refused. */
const neutralValues: ReadonlyMap<string, ReadonlyArray<unknown>> = new Map<string, ReadonlyArray<unknown>>([
  ['pretraining_tp', [1]],
  ['quantization_config', []],
  ['compression_config', []],
  ['sliding_window', []],
  ['use_sliding_window', [false]],
  ['sliding_window_pattern', []],
  ['is_encoder_decoder', [false]],
  ['add_cross_attention', [false]],
  ['no_rope_layers', []],
  ['attn_logit_softcapping', []],
  ['final_logit_softcapping', []],
  ['logit_scale', [1]],
  ['num_local_experts', []],
  ['num_experts', []],
])

// reading ----------------------------------------------------------------------------------------

type Reader = (json: Readonly<Record<string, unknown>>, where: string) => E.Either<FormatError, ModelConfig>

const refused = (
  json: Readonly<Record<string, unknown>>,
  where: string,
  architectures: ReadonlyArray<string>,
): FormatError | undefined => {
  for (const [field, neutral] of neutralValues) {
    const value = json[field]
    if (value !== undefined && value !== null && !neutral.includes(value))
      return unsupported(where, `${field} ${shownValue(value)} is not supported`)
  }
  const layerTypes = json['layer_types']
  const special: unknown = Array.isArray(layerTypes)
    ? layerTypes.find((type) => type !== 'full_attention')
    : undefined
  if (special !== undefined)
    return unsupported(where, `layer_types with ${shownValue(special)} is not supported`)
  const other = architectures.find((name) => !name.endsWith('ForCausalLM'))
  return other === undefined
    ? undefined
    : unsupported(where, `architecture ${other} is not supported`, 'give a causal language model')
}

const idsOf = (ids: t.TypeOf<typeof TokenIds> | null | undefined): ReadonlyArray<number> =>
  ids === null || ids === undefined ? [] : typeof ids === 'number' ? [ids] : ids

const dimensionProblem = (f: LlamaFields, kvHeads: number, headDim: number): string | undefined =>
  f.num_attention_heads % kvHeads !== 0
    ? `num_attention_heads ${f.num_attention_heads} is no multiple of num_key_value_heads ${kvHeads}`
    : !Number.isSafeInteger(headDim) || headDim % 2 !== 0
      ? `head_dim ${headDim} is not an even whole number`
      : undefined

/** The llama family: RMSNorm, rotary embedding, grouped-query attention, gated SiLU MLP. */
const readLlama =
  (modelType: ModelType, architecture: string): Reader =>
  (json, where) =>
    pipe(
      E.Do,
      E.apS('f', decodeAs<FormatError['_tag']>('FileDamaged')(LlamaFields, where)(json)),
      E.bind('rope', () => decodeRope(where)(json)),
      E.chain(({ f, rope }): E.Either<FormatError, ModelConfig> => {
        const kvHeads = f.num_key_value_heads ?? f.num_attention_heads
        const headDim = f.head_dim ?? f.hidden_size / f.num_attention_heads
        const problem = dimensionProblem(f, kvHeads, headDim)
        const refusal = refused(json, where, f.architectures ?? [])
        const hiddenAct = f.hidden_act ?? 'silu'
        if (refusal !== undefined) return E.left(refusal)
        if (problem !== undefined) return E.left(unsupported(where, problem))
        if (hiddenAct !== 'silu' && hiddenAct !== 'swish')
          return E.left(
            unsupported(where, `hidden_act ${hiddenAct} is not supported`, 'use a model with silu'),
          )
        return E.right({
          architecture: f.architectures?.[0] ?? architecture,
          modelType,
          vocabSize: f.vocab_size,
          hiddenSize: f.hidden_size,
          intermediateSize: f.intermediate_size,
          layers: f.num_hidden_layers,
          heads: f.num_attention_heads,
          kvHeads,
          headDim,
          rmsNormEps: f.rms_norm_eps ?? 1e-6,
          rope,
          tieWordEmbeddings: f.tie_word_embeddings ?? false,
          attentionBias: f.attention_bias ?? false,
          mlpBias: f.mlp_bias ?? false,
          hiddenAct: 'silu',
          maxPositionEmbeddings: f.max_position_embeddings ?? 2048,
          torchDtype: f.dtype ?? f.torch_dtype ?? undefined,
          bosTokenId: idsOf(f.bos_token_id)[0],
          eosTokenIds: idsOf(f.eos_token_id),
          padTokenId:
            f.pad_token_id !== null && f.pad_token_id !== undefined && f.pad_token_id >= 0
              ? f.pad_token_id
              : undefined,
        })
      }),
    )

/** Mistral without its sliding window is llama without biases; transformers' default for an absent window is 4096. */
const readMistral: Reader = (json, where) =>
  readLlama('mistral', 'MistralForCausalLM')(
    { sliding_window: 4096, ...json, attention_bias: false, mlp_bias: false },
    where,
  )

const families: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['llama', readLlama('llama', 'LlamaForCausalLM')],
  ['mistral', readMistral],
])

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

/** Decodes `config.json`; what is not supported is refused by name. */
export const decodeModelConfig =
  (where: string) =>
  (json: unknown): E.Either<FormatError, ModelConfig> =>
    pipe(
      decodeAs<FormatError['_tag']>('FileDamaged')(ModelTypeField, where)(json),
      E.chain(({ model_type: type }) => {
        const read = families.get(type)
        return read === undefined || !isRecord(json)
          ? E.left(
              unsupported(
                where,
                `model_type ${type} is not supported`,
                `use one of ${[...families.keys()].join(', ')}`,
              ),
            )
          : read(json, where)
      }),
    )
