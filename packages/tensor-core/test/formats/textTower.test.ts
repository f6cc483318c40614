import { join } from 'node:path'
import {
  openModelFolder,
  openWeights,
  readModelConfig,
  readSafetensors,
  writeSafetensors,
} from '../../src/formats'
import { textConfigOf } from '../../src/formats/textTower'
import { familiesFolder } from '../lm/families'
import { run } from '../lm/golden'
import { folderWith, right } from './folder'

const whole = join(familiesFolder, 'gemma3', 'model.safetensors')

/** The tensors of the golden model under other names. */
const renamed = async (rename: (name: string) => ReadonlyArray<string>): Promise<string> => {
  const file = await run(readSafetensors(whole))
  const tensors = []
  for (const source of file.tensors.keys())
    for (const name of rename(source)) tensors.push({ ...(await run(file.readRaw(source))), name })
  const folder = folderWith()
  await run(writeSafetensors(join(folder, 'model.safetensors'), tensors))
  return folder
}

/** As transformers 5 names them in memory. */
const inMemory = (name: string): string =>
  name.startsWith('language_model.model.')
    ? `model.language_model.${name.slice('language_model.model.'.length)}`
    : `model.${name}`

describe('a model of text and images', () => {
  it('is opened as its language model, whichever names its tensors have', async () => {
    const saved = await run(openModelFolder(join(familiesFolder, 'gemma3')))
    const plain = await run(openModelFolder(join(familiesFolder, 'gemma3_text')))
    expect([...saved.weights.tensors.keys()].sort()).toEqual([...plain.weights.tensors.keys()].sort())
    expect(saved.config).toEqual(plain.config)
    expect(saved.rawConfig['vision_config']).toBeUndefined()
    const other = await run(openWeights(await renamed((name) => [inMemory(name)])))
    expect([...other.tensors.keys()].sort()).toEqual([...saved.weights.tensors.keys()].sort())
    const norm = 'model.layers.1.self_attn.q_norm.weight'
    expect(await run(other.read(norm))).toEqual(await run(saved.weights.read(norm)))
    expect((await run(other.readRaw(norm))).name).toBe(norm)
  })

  it('keeps an output head of its own', async () => {
    const heads = ['language_model.lm_head.weight', 'lm_head.weight']
    for (const head of heads) {
      const folder = await renamed((name) => (name.endsWith('embed_tokens.weight') ? [name, head] : [name]))
      expect((await run(openWeights(folder))).tensors.has('lm_head.weight')).toBe(true)
    }
  })

  it('must give its sizes, which published configurations of 4B and more omit', async () => {
    const text_config = {
      ...{ hidden_size: 2560, intermediate_size: 10240, model_type: 'gemma3_text', num_hidden_layers: 34 },
      ...{ rope_scaling: { factor: 8, rope_type: 'linear' }, sliding_window: 1024 },
    }
    const outer = { model_type: 'gemma3', eos_token_id: [1, 106], torch_dtype: 'bfloat16' }
    const read = (text: object) =>
      readModelConfig(
        folderWith({ 'config.json': JSON.stringify({ ...outer, text_config: { ...text_config, ...text } }) }),
      )
    const omitted = await read({})()
    expect(omitted._tag === 'Left' && omitted.left.where).toMatch(/config\.json text_config$/)
    expect(omitted._tag === 'Left' && omitted.left.message).toMatch(/vocab_size|num_attention_heads/)
    const sizes = { vocab_size: 262208, num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256 }
    const { config } = await run(read(sizes))
    expect([config.heads, config.kvHeads, config.headDim, config.vocabSize]).toEqual([8, 4, 256, 262208])
    expect([config.eosTokenIds, config.torchDtype, config.architecture]).toEqual([
      [1, 106],
      'bfloat16',
      'Gemma3ForCausalLM',
    ])
    expect(config.sliding?.layers.slice(0, 7)).toEqual([true, true, true, true, true, false, true])
  })

  it('is refused where two tensors have one place, or where there is no text_config', async () => {
    const twice = await openWeights(await renamed((name) => [name, inMemory(name)]))()
    expect(twice._tag === 'Left' && twice.left.message).toMatch(/holds both "language_model/)
    const absent = await run(openWeights(join(familiesFolder, 'gemma3')))
    const vision = await absent.read('vision_tower.encoder.layers.0.mlp.fc1.bias')()
    expect(vision._tag === 'Left' && vision.left.message).toMatch(/has no tensor "vision_tower/)
    const text = textConfigOf('config.json')
    const refusal = (raw: Readonly<Record<string, unknown>>): unknown => {
      const read = text(raw)
      return read._tag === 'Left' ? read.left.message : undefined
    }
    expect(refusal({ model_type: 'gemma3' })).toMatch(/has no text_config/)
    expect(refusal({ model_type: 'gemma3', text_config: { model_type: 'llama' } })).toMatch(/"llama"/)
    expect(right(text({ model_type: 'llama', text_config: 1 }))).toEqual({
      model_type: 'llama',
      text_config: 1,
    })
  })
})
