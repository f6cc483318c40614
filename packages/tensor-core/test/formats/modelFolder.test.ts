import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type * as E from 'fp-ts/Either'
import {
  type ModelConfig,
  decodeModelConfig,
  modelConfigJson,
  openModelFolder,
  writeModelFolder,
} from '../../src/formats'
import { folderWith, golden, right } from './folder'

const decode = (json: unknown): E.Either<{ readonly _tag: string; readonly message: string }, ModelConfig> =>
  decodeModelConfig('config.json')(json)

const refusal = (json: unknown): string => {
  const decoded = decode(json)
  if (decoded._tag === 'Right') return ''
  expect(decoded.left).toMatchObject({
    kind: 'input',
    where: expect.stringContaining('config.json') as string,
  })
  return decoded.left.message
}

const plain = golden.configs['plain']!

/** The configuration of the same model as transformers 4 writes it. */
const version4 = {
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: 20,
  hidden_size: 8,
  intermediate_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  hidden_act: 'silu',
  max_position_embeddings: 64,
  rms_norm_eps: 1e-6,
  rope_theta: 500000,
  rope_scaling: {
    factor: 8,
    low_freq_factor: 1,
    high_freq_factor: 4,
    original_max_position_embeddings: 32,
    rope_type: 'llama3',
  },
  tie_word_embeddings: true,
  attention_bias: true,
  mlp_bias: true,
  head_dim: 6,
  bos_token_id: 1,
  eos_token_id: [3, 4],
  pretraining_tp: 1,
  torch_dtype: 'bfloat16',
}

describe('config.json', () => {
  it('of transformers 5', () => {
    expect(right(decode(plain))).toMatchObject({
      architecture: 'LlamaForCausalLM',
      modelType: 'llama',
      vocabSize: 20,
      layers: 2,
      heads: 4,
      kvHeads: 2,
      headDim: 2,
      rope: { theta: 10000, scaling: { kind: 'none' } },
      tieWordEmbeddings: false,
      attentionBias: false,
      bosTokenId: 1,
      eosTokenIds: [2],
      padTokenId: undefined,
    })
    expect(right(decode(golden.configs['linear'])).rope.scaling).toEqual({ kind: 'linear', factor: 2 })
    expect(right(decode(golden.configs['mistral']))).toMatchObject({
      modelType: 'mistral',
      headDim: 2,
      attentionBias: false,
    })
  })

  it('of transformers 4 means the same', () => {
    const { torchDtype: _four, ...four } = right(decode(version4))
    const { torchDtype: _five, ...five } = right(decode(golden.configs['llama3']))
    expect(four).toEqual(five)
    const old = { ...version4, rope_scaling: { type: 'linear', factor: 4 } }
    expect(right(decode(old)).rope).toEqual({ theta: 500000, scaling: { kind: 'linear', factor: 4 } })
    expect(right(decode({ ...version4, rope_scaling: null })).rope.scaling).toEqual({ kind: 'none' })
    expect([_four, _five]).toEqual(['bfloat16', undefined])
  })

  it.each<[string, unknown, RegExp]>([
    ['another family', golden.configs['gpt2'], /model_type gpt2 is not supported/],
    ['another activation', { ...version4, hidden_act: 'gelu' }, /hidden_act gelu/],
    ['tensor parallel pre-training', { ...version4, pretraining_tp: 2 }, /pretraining_tp 2/],
    ['quantised weights', { ...version4, quantization_config: { bits: 4 } }, /quantization_config/],
    ['sliding layers', { ...version4, layer_types: ['full_attention', 'sliding_attention'] }, /layer_types/],
    ['a part of the head rotated', { ...version4, partial_rotary_factor: 0.5 }, /partial_rotary_factor/],
    [
      'a classifier',
      { ...version4, architectures: ['LlamaForSequenceClassification'] },
      /LlamaForSequenceClassification/,
    ],
    ['heads that do not divide', { ...version4, num_key_value_heads: 3 }, /no multiple/],
    ['an odd head', { ...version4, head_dim: 5 }, /head_dim 5/],
    ['no size', { ...version4, hidden_size: undefined }, /field hidden_size is missing/],
    [
      'a size of no number',
      { ...version4, vocab_size: '20' },
      /vocab_size must be a positive whole number, but is "20"/,
    ],
    ['rope without its factor', { ...version4, rope_scaling: { type: 'linear' } }, /factor is missing/],
    ['no object', 3, /must be/],
  ])('refuses %s', (_, json, message) => {
    expect(refusal(json)).toMatch(message)
  })

  it('made from a configuration is read as the same', () => {
    for (const name of ['plain', 'llama3', 'linear', 'mistral']) {
      const config = right(decode(golden.configs[name]))
      expect(right(decode(JSON.parse(JSON.stringify(modelConfigJson(config)))))).toEqual({
        ...config,
        torchDtype: config.torchDtype ?? 'float32',
      })
    }
  })
})

describe('folders', () => {
  const config = right(decode(plain))
  const write = async (more: object = {}): Promise<string> => {
    const path = join(folderWith(), 'model')
    right(
      await writeModelFolder(path, {
        config,
        tensors: [{ name: 'a', dtype: 'BF16', shape: [2], values: Float32Array.of(1, 2) }],
        ...more,
      })(),
    )
    return path
  }

  it('are written and opened again', async () => {
    const from = folderWith({
      'tokenizer.json': '{}',
      'generation_config.json': '{"eos_token_id": [5, 6]}',
      'other.txt': '',
    })
    const path = await write({
      companionsFrom: from,
      rawConfig: { ...plain, extra: 1 },
      files: { 'chat_template.jinja': 'x' },
    })
    expect(readdirSync(path).sort()).toEqual([
      'chat_template.jinja',
      'config.json',
      'generation_config.json',
      'model.safetensors',
      'tokenizer.json',
    ])
    const folder = right(await openModelFolder(path)())
    expect(folder.config).toEqual(config)
    expect(folder.rawConfig).toEqual({ ...plain, extra: 1 })
    expect([...folder.stopTokens]).toEqual([5, 6])
    expect([...folder.companions].sort()).toEqual([
      'chat_template.jinja',
      'generation_config.json',
      'tokenizer.json',
    ])
    expect(right(await folder.weights.read('a')())).toEqual(Float32Array.of(1, 2))
  })

  it('have the stop tokens of config.json where nothing else names them', async () => {
    const folder = right(await openModelFolder(await write())())
    expect([...folder.stopTokens]).toEqual([2])
    const silent = right(await openModelFolder(await write({ files: { 'generation_config.json': '{}' } }))())
    expect([...silent.stopTokens]).toEqual([2])
    const one = right(
      await openModelFolder(await write({ files: { 'generation_config.json': '{"eos_token_id": 9}' } }))(),
    )
    expect([...one.stopTokens]).toEqual([9])
  })

  it('have fingerprints that differ between models', async () => {
    const print = async (path: string): Promise<string> =>
      right(await right(await openModelFolder(path)()).fingerprint())
    const first = await print(await write())
    expect(await print(await write())).toBe(first)
    const tensors = [{ name: 'a', dtype: 'BF16', shape: [2], values: Float32Array.of(1, 3) }]
    expect(await print(await write({ tensors }))).not.toBe(first)
    expect(await print(await write({ rawConfig: { ...plain, rope_theta: 2 } }))).not.toBe(first)
  })

  it('are refused with what is wrong', async () => {
    expect(await openModelFolder(join(folderWith(), 'absent'))()).toMatchObject({
      left: { _tag: 'FileMissing', kind: 'input' },
    })
    expect(await openModelFolder(folderWith())()).toMatchObject({
      left: { _tag: 'FileMissing', kind: 'input' },
    })
    const broken = folderWith({ 'config.json': '{"model_type":' })
    expect(await openModelFolder(broken)()).toMatchObject({
      left: { _tag: 'FileDamaged', kind: 'input', where: join(broken, 'config.json') },
    })
    const path = await write({ files: { 'generation_config.json': '{"eos_token_id": "x"}' } })
    expect(await openModelFolder(path)()).toMatchObject({ left: { _tag: 'FileDamaged', kind: 'input' } })
    expect(readFileSync(join(path, 'config.json'), 'utf8')).toContain('llama')
  })
})
