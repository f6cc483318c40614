/** Converts a `ModelConfig` to `config.json`, in a form that transformers 4 and 5 both read. */
import type { ModelConfig, Rope } from './config'
import { families } from './families'

type Json = Readonly<Record<string, unknown>>

const scalingJson = ({ scaling }: Rope): Json | null => {
  switch (scaling.kind) {
    case 'none':
      return null
    case 'linear':
    case 'dynamic':
      return { rope_type: scaling.kind, factor: scaling.factor }
    case 'llama3':
      return {
        rope_type: 'llama3',
        factor: scaling.factor,
        low_freq_factor: scaling.lowFreqFactor,
        high_freq_factor: scaling.highFreqFactor,
        original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
      }
    case 'yarn':
      return {
        rope_type: 'yarn',
        factor: scaling.factor,
        attention_factor: scaling.attentionFactor,
        beta_fast: scaling.betaFast,
        beta_slow: scaling.betaSlow,
        original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
        ...(scaling.truncate ? {} : { truncate: false }),
      }
    case 'longrope':
      return {
        rope_type: 'longrope',
        attention_factor: scaling.attentionFactor,
        short_factor: scaling.shortFactor,
        long_factor: scaling.longFactor,
        original_max_position_embeddings: scaling.originalMaxPositionEmbeddings,
      }
  }
}

/** Two rotary embeddings by layer type, for transformers 5; transformers 4 cannot scale that of the sliding layers. */
const twoRopesJson = (full: Rope, sliding: Rope): Json => {
  const one = (rope: Rope): Json => ({
    rope_type: 'default',
    ...scalingJson(rope),
    rope_theta: rope.theta,
  })
  return {
    rope_theta: full.theta,
    rope_local_base_freq: sliding.theta,
    rope_scaling: scalingJson(full),
    rope_parameters: { full_attention: one(full), sliding_attention: one(sliding) },
  }
}

const slidingJson = (c: ModelConfig): Json => {
  const rule = families[c.modelType].sliding
  const layerTypes = Array.from({ length: c.layers }, (_, i) =>
    c.sliding?.layers[i] === true ? 'sliding_attention' : 'full_attention',
  )
  switch (rule) {
    case 'never':
      return {}
    case 'every-layer':
      return { sliding_window: c.sliding?.window ?? null }
    case 'upper-layers':
      return {
        use_sliding_window: c.sliding !== undefined,
        sliding_window: c.sliding?.window ?? null,
        layer_types: layerTypes,
      }
    case 'pattern':
    case 'alternating':
      return {
        sliding_window: c.sliding?.window ?? families[c.modelType].defaults.window,
        layer_types: layerTypes,
      }
  }
}

/** Soft-capping and multipliers, in the families that have them. */
const scaleJson = (c: ModelConfig): Json => {
  const { softcaps, multipliers } = families[c.modelType]
  return {
    ...(softcaps === undefined
      ? {}
      : {
          attn_logit_softcapping: c.attentionSoftcap ?? null,
          final_logit_softcapping: c.logitSoftcap ?? null,
        }),
    ...(multipliers
      ? {
          attention_multiplier: c.attentionMultiplier ?? 1,
          embedding_multiplier: c.embeddingMultiplier ?? 1,
          residual_multiplier: c.residualMultiplier ?? 1,
          logits_scaling: c.logitsScaling ?? 1,
        }
      : {}),
  }
}

/** The content of config.json for a configuration made in code. */
export const modelConfigJson = (c: ModelConfig): Json => {
  const family = families[c.modelType]
  return {
    architectures: [c.architecture],
    model_type: c.modelType,
    vocab_size: c.vocabSize,
    hidden_size: c.hiddenSize,
    intermediate_size: c.intermediateSize,
    num_hidden_layers: c.layers,
    num_attention_heads: c.heads,
    num_key_value_heads: c.kvHeads,
    head_dim: c.headDim,
    [family.activationField]: c.hiddenAct,
    max_position_embeddings: c.maxPositionEmbeddings,
    rms_norm_eps: c.rmsNormEps,
    ...(family.ropes === 'by-kind'
      ? twoRopesJson(
          c.rope,
          c.sliding?.rope ?? { theta: family.defaults.slidingTheta, scaling: { kind: 'none' } },
        )
      : { rope_theta: c.rope.theta, rope_scaling: scalingJson(c.rope) }),
    ...slidingJson(c),
    ...(c.queryPreAttnScalar === undefined ? {} : { query_pre_attn_scalar: c.queryPreAttnScalar }),
    ...scaleJson(c),
    ...(family.unrotatedLayers
      ? { no_rope_layers: Array.from({ length: c.layers }, (_, i) => (c.unrotated?.[i] === true ? 0 : 1)) }
      : {}),
    ...(family.attentionBias === 'field' ? { attention_bias: c.attentionBias } : {}),
    ...(family.mlpBias === 'field' ? { mlp_bias: c.mlpBias } : {}),
    tie_word_embeddings: c.tieWordEmbeddings,
    bos_token_id: c.bosTokenId ?? null,
    eos_token_id:
      c.eosTokenIds.length === 1 ? c.eosTokenIds[0] : c.eosTokenIds.length === 0 ? null : c.eosTokenIds,
    pad_token_id: c.padTokenId ?? null,
    torch_dtype: c.torchDtype ?? 'float32',
    use_cache: true,
  }
}
