import * as E from 'fp-ts/Either'
import fc from 'fast-check'
import { type ModelConfig, decodeModelConfig, modelConfigJson } from '../../src/formats'
import { families as knownFamilies } from '../../src/formats/model/families'
import { families } from '../lm/families'
import { right } from './folder'

const decode = (json: unknown) => decodeModelConfig('config.json')(json)
const config = (json: unknown): ModelConfig => right(decode(json))
const refusal = (json: unknown): string => {
  const decoded = decode(json)
  return E.isLeft(decoded) ? decoded.left.message : ''
}

const sizes = {
  vocab_size: 100,
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 4,
  num_attention_heads: 4,
  num_key_value_heads: 2,
}
const llama = { model_type: 'llama', ...sizes }
const mistral = { model_type: 'mistral', ...sizes }
const qwen = { model_type: 'qwen3', ...sizes, head_dim: 16 }
const gemma = { model_type: 'gemma3_text', ...sizes }
const gemma2 = { model_type: 'gemma2', ...sizes }
const smollm3 = { model_type: 'smollm3', ...sizes }
const granite = { model_type: 'granite', ...sizes }
const yarn = { rope_type: 'yarn', factor: 4, original_max_position_embeddings: 32 }
const long = { rope_type: 'longrope', short_factor: [1, 2], long_factor: [3, 4] }

describe('config.json of each family is read as in transformers', () => {
  it.each(Object.entries(families.configs))('%s', (_, { raw, ...want }) => {
    const c = config(raw)
    expect({
      headDim: c.headDim,
      kvHeads: c.kvHeads,
      tie: c.tieWordEmbeddings,
      maxPositionEmbeddings: c.maxPositionEmbeddings,
      epsilon: c.rmsNormEps,
      bos: c.bosTokenId ?? null,
      pad: c.padTokenId ?? null,
      eos: c.eosTokenIds,
      scalar: c.queryPreAttnScalar ?? null,
      sliding: c.sliding?.layers ?? Array.from({ length: c.layers }, () => false),
      thetas: [c.rope.theta, (c.sliding?.rope ?? c.rope).theta],
    }).toEqual({
      headDim: want.headDim,
      kvHeads: want.kvHeads,
      tie: want.tie,
      maxPositionEmbeddings: want.maxPositionEmbeddings,
      epsilon: want.epsilon,
      bos: want.bos,
      pad: want.pad,
      eos: want.eos,
      scalar: want.scalar,
      sliding: want.sliding,
      thetas: want.sliding.includes(true) ? want.thetas : [want.thetas[0], want.thetas[0]],
    })
    if (want.sliding.includes(true)) expect(c.sliding?.window).toBe(want.window)
    expect(c.unrotated ?? []).toEqual(want.unrotated?.includes(true) === true ? want.unrotated : [])
    const [attentionCap, logitCap, ...multipliers] = want.scales ?? []
    expect([c.attentionSoftcap ?? null, c.logitSoftcap ?? null]).toEqual([
      attentionCap ?? null,
      logitCap ?? null,
    ])
    expect([
      c.attentionMultiplier ?? null,
      c.embeddingMultiplier ?? 1,
      c.residualMultiplier ?? 1,
      c.logitsScaling ?? 1,
    ]).toEqual([multipliers[0] ?? null, ...[1, 2, 3].map((i) => multipliers[i] ?? 1)])
  })

  it('and is the same after writing it again', () => {
    for (const raw of [...Object.values(families.configs), ...Object.values(families.ropes)].map((x) =>
      'raw' in x ? x.raw : x.config,
    )) {
      const c = config(raw)
      expect(config(JSON.parse(JSON.stringify(modelConfigJson(c))))).toEqual({
        ...c,
        torchDtype: c.torchDtype ?? 'float32',
      })
    }
  })
})

describe('rope settings', () => {
  const scaling = (rope: object, more: object = {}) =>
    config({ ...llama, head_dim: 4, max_position_embeddings: 256, ...more, rope_parameters: rope }).rope
      .scaling

  it('that are omitted have the defaults of transformers', () => {
    expect(scaling(yarn)).toMatchObject({ factor: 4, attentionFactor: 0.1 * Math.log(4) + 1, betaFast: 32 })
    expect(scaling({ ...yarn, factor: null })).toMatchObject({ factor: 8 })
    expect(scaling({ ...yarn, attention_factor: 1.5 })).toMatchObject({ attentionFactor: 1.5 })
    expect(scaling({ rope_type: 'yarn', factor: 2 })).toMatchObject({ originalMaxPositionEmbeddings: 256 })
    expect(scaling(yarn, { original_max_position_embeddings: 64 })).toMatchObject({
      originalMaxPositionEmbeddings: 64,
    })
    expect(scaling({ ...long, original_max_position_embeddings: 64 })).toMatchObject({
      attentionFactor: Math.sqrt(1 + Math.log(4) / Math.log(64)),
    })
    expect(scaling({ rope_type: 'dynamic', factor: 2 })).toEqual({
      kind: 'dynamic',
      factor: 2,
      maxPositionEmbeddings: 256,
    })
  })

  it('of transformers 4 take precedence over those of 5, and over the theta beside them', () => {
    const both = {
      ...llama,
      rope_theta: 7,
      rope_scaling: { type: 'linear', factor: 2 },
      rope_parameters: yarn,
    }
    expect(config(both).rope).toEqual({ theta: 7, scaling: { kind: 'linear', factor: 2 } })
    expect(config({ ...both, rope_scaling: {} }).rope.scaling.kind).toBe('yarn')
    expect(config({ ...both, rope_scaling: { rope_theta: 9 } }).rope.theta).toBe(9)
  })
})

describe('what is refused by name', () => {
  it.each<[string, object, RegExp]>([
    ['a cap of none', { ...gemma2, attn_logit_softcapping: 0 }, /attn_logit_softcapping must be a positive/],
    ['a multiplier of none', { ...granite, logits_scaling: 0 }, /logits_scaling must be a positive number/],
    ['layers that are not rotated', { ...llama, no_rope_layers: [1, 0, 1, 1] }, /no_rope_layers/],
    ['too few such layers', { ...smollm3, no_rope_layers: [1] }, /no_rope_layers names 1 layers/],
    ['half rotated layers', { ...smollm3, no_rope_layers: [1, 0.5, 1, 1] }, /no_rope_layers/],
    ['no interval', { ...smollm3, no_rope_layer_interval: 0 }, /no_rope_layer_interval must be a positive/],
    ['a window in smollm3', { ...smollm3, use_sliding_window: true }, /use_sliding_window true/],
    ['gelu outside gemma', { ...granite, hidden_act: 'gelu' }, /hidden_act gelu/],
    ['two ropes in gemma 2', { ...gemma2, rope_parameters: { full_attention: {} } }, /by layer type/],
    ['fused projections', { ...llama, model_type: 'phi3' }, /model_type phi3 is not supported/],
    ['a mixture of experts', { ...llama, model_type: 'qwen3_moe' }, /model_type qwen3_moe/],
    ['experts', { ...mistral, num_local_experts: 8 }, /num_local_experts 8/],
    ['capped scores', { ...gemma, attn_logit_softcapping: 50 }, /attn_logit_softcapping 50/],
    ['capped logits', { ...gemma, final_logit_softcapping: 30 }, /final_logit_softcapping 30/],
    ['a look ahead', { ...gemma, use_bidirectional_attention: true }, /use_bidirectional_attention true/],
    ['chunks', { ...llama, attention_chunk_size: 64 }, /attention_chunk_size 64/],
    ['a window in llama', { ...llama, sliding_window: 16 }, /sliding_window 16/],
    ['windows by layer in llama', { ...llama, layer_types: layers('sliding_attention') }, /layer_types/],
    ['mixed layers in mistral', { ...mistral, layer_types: layers('full_attention') }, /layer_types/],
    ['layers of another kind', { ...qwen, layer_types: layers('linear_attention') }, /"linear_attention"/],
    ['types of other layers', { ...qwen, layer_types: ['full_attention'] }, /names 1 layers/],
    [
      'a window that is not used',
      { ...qwen, layer_types: layers('sliding_attention') },
      /without a sliding_window/,
    ],
    ['gemma without its window', { ...gemma, sliding_window: null }, /without a sliding_window/],
    ['a window of none', { ...mistral, sliding_window: 0 }, /sliding_window must be a positive/],
    [
      'a part turned',
      { ...qwen, rope_parameters: { partial_rotary_factor: 0.5 } },
      /partial_rotary_factor 0.5/,
    ],
    ['three axes', { ...qwen, rope_scaling: { type: 'mrope', mrope_section: [1] } }, /mrope/],
    ['another rope', { ...llama, rope_scaling: { rope_type: 'proportional' } }, /of type proportional/],
    ['a rope for each kind of layer', { ...qwen, rope_parameters: { full_attention: {} } }, /by layer type/],
    ['one rope in gemma', { ...gemma, rope_parameters: { rope_theta: 5 } }, /by layer type/],
    ['factors of another head', { ...llama, rope_scaling: long }, /8 numbers, half of head_dim/],
    ['yarn without its factor', { ...llama, rope_scaling: { rope_type: 'yarn' } }, /factor/],
    ['no theta', { ...llama, rope_theta: 0 }, /rope_theta must be a positive number/],
    ['another activation', { ...gemma, hidden_activation: 'relu' }, /hidden_activation relu/],
  ])('%s', (_, json, message) => expect(refusal(json)).toMatch(message))

  it('but not fields that have no meaning in the family', () => {
    const quiet = { attention_dropout: 0.1, use_cache: false, mlp_bias: true, hidden_act: 'gelu' }
    expect(config({ ...gemma, ...quiet }).mlpBias).toBe(false)
    expect(
      config({ ...mistral, attention_bias: true, layer_types: layers('sliding_attention') }).attentionBias,
    ).toBe(false)
    expect(config({ ...llama, query_pre_attn_scalar: 3 }).queryPreAttnScalar).toBeUndefined()
  })

  it('any configuration gives a value or an error, never an exception', () => {
    const fields = fc.record(
      {
        model_type: fc.constantFrom(...Object.keys(knownFamilies)),
        attn_logit_softcapping: fc.anything(),
        residual_multiplier: fc.anything(),
        no_rope_layers: fc.anything(),
        layer_types: fc.anything(),
        sliding_window: fc.anything(),
        rope_parameters: fc.anything(),
        rope_scaling: fc.anything(),
        head_dim: fc.anything(),
      },
      { requiredKeys: ['model_type'] },
    )
    fc.assert(
      fc.property(fields, (more) => {
        const decoded = decode({ ...sizes, ...more })
        return E.isRight(decoded) || decoded.left.message.length > 0
      }),
    )
  })
})

function layers(kind: string): ReadonlyArray<string> {
  return Array.from({ length: sizes.num_hidden_layers }, () => kind)
}
