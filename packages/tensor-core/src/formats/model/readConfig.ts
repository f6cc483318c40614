/**
 * Decodes `config.json` to `ModelConfig`: one reader for all families, with the defaults of each (`families.ts`). Fields that would
 * change results and are not supported are refused by name.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { FormatError } from '../../contracts'
import { decodeAs } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { Activation, ModelConfig, ModelType, Rope } from './config'
import { type Family, families, isModelType } from './families'
import { refused } from './refusals'
import { decodeRope, decodeTwoRopes } from './rope'
import { scalesOf } from './scales'
import { slidingLayers } from './slidingLayers'
import { unrotatedLayers } from './unrotatedLayers'

// codecs -----------------------------------------------------------------------------------------

/** At most 10,000, more layers than any model has: a file must not be able to make lists of any length. */
const Layers = t.refinement(
  t.number,
  (n) => Number.isSafeInteger(n) && n > 0 && n <= 10_000,
  'a positive whole number, at most 10000',
)
const Count = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n > 0, 'a positive whole number')
const Index = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a whole number')
/** Some files use -1 for none. */
const Whole = t.refinement(t.number, Number.isSafeInteger, 'a whole number')
const TokenId = t.refinement(t.number, (n) => Number.isSafeInteger(n) && n >= 0, 'a token id')
const Positive = t.refinement(t.number, (x) => Number.isFinite(x) && x > 0, 'a positive number')
const optional = <C extends t.Mixed>(codec: C) => t.union([codec, t.null, t.undefined], codec.name)
export const TokenIds = t.union([TokenId, t.array(TokenId)], 'a token id or a list of them')

const ModelTypeField = t.type({ model_type: t.string }, 'a model configuration')

const ConfigFields = t.intersection(
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
      hidden_activation: optional(t.string),
      tie_word_embeddings: optional(t.boolean),
      attention_bias: optional(t.boolean),
      mlp_bias: optional(t.boolean),
      query_pre_attn_scalar: optional(Positive),
      sliding_window: optional(Count),
      use_sliding_window: optional(t.boolean),
      max_window_layers: optional(Index),
      sliding_window_pattern: optional(Count),
      layer_types: optional(t.array(t.string)),
      torch_dtype: optional(t.string),
      dtype: optional(t.string),
      bos_token_id: optional(TokenIds),
      eos_token_id: optional(TokenIds),
      pad_token_id: optional(Whole),
    }),
  ],
  'a model configuration',
)
export type ConfigFields = t.TypeOf<typeof ConfigFields>

type Json = Readonly<Record<string, unknown>>

// sizes and activation ------------------------------------------------------------------------------

const dimensionProblem = (f: ConfigFields, kvHeads: number, headDim: number): string | undefined =>
  f.num_attention_heads % kvHeads !== 0
    ? `num_attention_heads ${f.num_attention_heads} is no multiple of num_key_value_heads ${kvHeads}`
    : !Number.isSafeInteger(headDim) || headDim % 2 !== 0
      ? `head_dim ${headDim} is not an even whole number`
      : undefined

/** Activations by their names in transformers' `ACT2FN`. */
const activations: ReadonlyMap<string, Activation> = new Map<string, Activation>([
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['gelu_pytorch_tanh', 'gelu_pytorch_tanh'],
  ['gelu_new', 'gelu_pytorch_tanh'],
])

const activationOf = (f: ConfigFields, family: Family, where: string): E.Either<FormatError, Activation> => {
  const name = f[family.activationField] ?? family.activation
  return pipe(
    name === 'gelu' && family.geluIsTanh ? 'gelu_pytorch_tanh' : activations.get(name),
    E.fromNullable(
      unsupported(
        where,
        `${family.activationField} ${name} is not supported`,
        'use a model with silu or gelu_pytorch_tanh',
      ),
    ),
  )
}

// reading ----------------------------------------------------------------------------------------

const listOf = (ids: t.TypeOf<typeof TokenIds> | null | undefined): ReadonlyArray<number> =>
  ids === null || ids === undefined ? [] : typeof ids === 'number' ? [ids] : ids

/** An omitted field has the family's default; a field that is null has no value. */
const given = <A>(value: A | null | undefined, fallback: A | undefined): A | undefined =>
  value === undefined ? fallback : (value ?? undefined)

/** Both rotary embeddings: of layers with full attention and of layers with a sliding window. */
const ropesOf = (
  family: Family,
  where: string,
  sizes: { readonly headDim: number; readonly maxPositionEmbeddings: number },
  json: Json,
): E.Either<FormatError, { readonly full: Rope; readonly sliding: Rope }> => {
  const { theta, slidingTheta } = family.defaults
  return family.ropes === 'by-kind'
    ? decodeTwoRopes(where, { ...sizes, theta, slidingTheta })(json)
    : pipe(
        decodeRope(where, { ...sizes, theta })(json),
        E.map((rope) => ({ full: rope, sliding: rope })),
      )
}

const readFamily = (modelType: ModelType, json: Json, where: string): E.Either<FormatError, ModelConfig> => {
  const family = families[modelType]
  const { defaults } = family
  return pipe(
    E.Do,
    E.apS('f', decodeAs<FormatError['_tag']>('FileDamaged')(ConfigFields, where)(json)),
    E.bind('sizes', ({ f }) => {
      const kvHeads = given(f.num_key_value_heads, defaults.kvHeads) ?? f.num_attention_heads
      const headDim = given(f.head_dim, defaults.headDim) ?? f.hidden_size / f.num_attention_heads
      const maxPositionEmbeddings = f.max_position_embeddings ?? defaults.maxPositionEmbeddings
      const refusal = refused(json, where, family, f.architectures ?? [])
      const problem = dimensionProblem(f, kvHeads, headDim)
      return refusal !== undefined
        ? E.left(refusal)
        : problem !== undefined
          ? E.left(unsupported(where, problem))
          : E.right({ kvHeads, headDim, maxPositionEmbeddings })
    }),
    E.bind('ropes', ({ sizes }) => ropesOf(family, where, sizes, json)),
    E.bind('hiddenAct', ({ f }) => activationOf(f, family, where)),
    E.bind('sliding', ({ f, ropes }) => slidingLayers(family, f, ropes.sliding, where)),
    E.bind('unrotated', ({ f }) => unrotatedLayers(family, f.num_hidden_layers, json, where)),
    E.bind('scales', () => scalesOf(family, json, where)),
    E.map(({ f, sizes, ropes, hiddenAct, sliding, unrotated, scales }): ModelConfig => {
      const scalar = f.query_pre_attn_scalar ?? defaults.queryPreAttnScalar
      const padTokenId = given(f.pad_token_id, defaults.padTokenId)
      return {
        architecture: f.architectures?.[0] ?? family.architecture,
        modelType,
        vocabSize: f.vocab_size,
        hiddenSize: f.hidden_size,
        intermediateSize: f.intermediate_size,
        layers: f.num_hidden_layers,
        heads: f.num_attention_heads,
        kvHeads: sizes.kvHeads,
        headDim: sizes.headDim,
        rmsNormEps: f.rms_norm_eps ?? defaults.rmsNormEps,
        rope: ropes.full,
        ...(sliding === undefined ? {} : { sliding }),
        ...(unrotated === undefined ? {} : { unrotated }),
        // only families with a default for this field have it
        ...(defaults.queryPreAttnScalar === undefined || scalar === undefined
          ? {}
          : { queryPreAttnScalar: scalar }),
        ...scales,
        tieWordEmbeddings: f.tie_word_embeddings ?? defaults.tieWordEmbeddings,
        attentionBias:
          family.attentionBias === 'field' ? (f.attention_bias ?? false) : family.attentionBias === 'always',
        mlpBias: family.mlpBias === 'field' && (f.mlp_bias ?? false),
        hiddenAct,
        maxPositionEmbeddings: sizes.maxPositionEmbeddings,
        torchDtype: f.dtype ?? f.torch_dtype ?? undefined,
        bosTokenId: listOf(given(f.bos_token_id, defaults.bosTokenId))[0],
        eosTokenIds: listOf(given(f.eos_token_id, defaults.eosTokenId)),
        padTokenId: padTokenId !== undefined && padTokenId >= 0 ? padTokenId : undefined,
      }
    }),
  )
}

const isRecord = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

/** Decodes `config.json`. @returns left: a field that is missing, of the wrong type, or not supported, by name */
export const decodeModelConfig =
  (where: string) =>
  (json: unknown): E.Either<FormatError, ModelConfig> =>
    pipe(
      decodeAs<FormatError['_tag']>('FileDamaged')(ModelTypeField, where)(json),
      E.chain(({ model_type: type }) =>
        isModelType(type) && isRecord(json)
          ? readFamily(type, json, where)
          : E.left(
              unsupported(
                where,
                `model_type ${type} is not supported`,
                `use one of ${Object.keys(families).join(', ')}`,
              ),
            ),
      ),
    )
