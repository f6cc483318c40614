/** config.json and generation_config.json of a model folder, and PEFT adapters. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { openModelFolder, readAdapter } from '../../../src/formats'
import { mutateBytes } from '../mutateBytes'
import { mutateJson } from '../mutateJson'
import type { Random } from '../random'
import { type Subject, settled } from '../subject'
import { fileOf, mutateSafetensors, soundTensors } from './safetensors'

const golden = join(__dirname, '..', '..', 'golden')
const textMutant = (text: string, random: Random): string | Uint8Array =>
  random.chance(0.75) ? mutateJson(text, random) : mutateBytes(Buffer.from(text), random)

// configurations ---------------------------------------------------------------------------------

const foldersIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(folder, { withFileTypes: true })
    .filter((e) => e.isDirectory())
    .map((e) => join(folder, e.name))

const configs = [...foldersIn(join(golden, 'lm')), ...foldersIn(join(golden, 'families'))]
  .map((folder) => join(folder, 'config.json'))
  .flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')]
    } catch {
      return []
    }
  })
const generation = '{"bos_token_id":1,"eos_token_id":[2,5],"max_new_tokens":20}'
const weights = fileOf([['a', 'F32', [2]]], 1)

/** All numbers of a decoded configuration are finite; counts are counts. */
const oddNumber = (u: unknown, path = 'config'): string | undefined => {
  if (typeof u === 'number' && !Number.isFinite(u)) return `${path} is ${u}`
  if (typeof u !== 'object' || u === null) return undefined
  for (const [key, value] of Object.entries(u)) {
    const odd = oddNumber(value, `${path}.${key}`)
    if (odd !== undefined) return odd
  }
  return undefined
}

export const configuration: Subject = {
  name: 'configuration',
  share: 14,
  mutant: (random) => {
    const config = random.pick(configs)
    const both = random.chance(0.3)
    return {
      'config.json': both ? config : textMutant(config, random),
      'generation_config.json': both ? textMutant(generation, random) : generation,
      'model.safetensors': weights,
    }
  },
  problem: async (folder) => {
    const { value, problem } = settled(await openModelFolder(folder)())
    if (problem !== undefined || value === undefined) return problem
    const { config, rawConfig, stopTokens } = value
    const counts: ReadonlyArray<readonly [string, number, unknown]> = [
      ['vocab_size', config.vocabSize, rawConfig['vocab_size']],
      ['hidden_size', config.hiddenSize, rawConfig['hidden_size']],
      ['num_hidden_layers', config.layers, rawConfig['num_hidden_layers']],
      ['num_attention_heads', config.heads, rawConfig['num_attention_heads']],
    ]
    for (const [field, read, raw] of counts) {
      if (!(Number.isSafeInteger(read) && read > 0)) return `${field} is read as ${read}`
      if (typeof raw === 'number' && raw !== read) return `${field} ${raw} is read as ${read}`
    }
    if (config.layers > 10_000) return 'too many layers'
    if (config.heads % config.kvHeads !== 0 || config.headDim % 2 !== 0) return 'heads that do not divide'
    for (const id of stopTokens) if (!(Number.isSafeInteger(id) && id >= 0)) return `stop token ${id}`
    return oddNumber(config)
  },
}

// adapters ---------------------------------------------------------------------------------------

const adapterConfig = JSON.stringify({
  peft_type: 'LORA',
  task_type: 'CAUSAL_LM',
  base_model_name_or_path: 'base',
  r: 2,
  lora_alpha: 4,
  lora_dropout: 0.05,
  use_rslora: false,
  bias: 'none',
  fan_in_fan_out: false,
  init_lora_weights: true,
  target_modules: ['q_proj', 'v_proj'],
  modules_to_save: null,
  rank_pattern: { 'layers.1.self_attn.v_proj': 3 },
  alpha_pattern: { 'layers\\.0\\..*q_proj': 8 },
  layers_to_transform: null,
})
const key = (layer: number, module: string, factor: string): string =>
  `base_model.model.model.layers.${layer}.self_attn.${module}.lora_${factor}.weight`
const factors = fileOf(
  [
    [key(0, 'q_proj', 'A'), 'F32', [2, 4]],
    [key(0, 'q_proj', 'B'), 'F32', [4, 2]],
    [key(1, 'v_proj', 'A'), 'F32', [3, 4]],
    [key(1, 'v_proj', 'B'), 'F32', [2, 3]],
  ],
  9,
)

export const adapter: Subject = {
  name: 'adapter',
  share: 10,
  mutant: (random) => {
    const what = random.below(3)
    return {
      'adapter_config.json': what === 0 ? adapterConfig : textMutant(adapterConfig, random),
      'adapter_model.safetensors': what === 0 ? mutateSafetensors(factors, random) : factors,
    }
  },
  problem: async (folder, files) => {
    const { value, problem } = settled(await readAdapter(folder)())
    if (problem !== undefined || value === undefined) return problem
    const sound = soundTensors(Buffer.from(files['adapter_model.safetensors'] as Uint8Array))
    if (sound === undefined) return 'an unsound file is read'
    for (const { name, A, B, scale } of value.modules) {
      if (!Number.isFinite(scale)) return `module ${name} has the scale ${scale}`
      for (const [factor, m] of [
        ['A', A],
        ['B', B],
      ] as const) {
        const stored = sound.get(`base_model.model.${name}.lora_${factor}.weight`)
        if (
          stored === undefined ||
          stored.shape.join() !== [m.rows, m.cols].join() ||
          m.data.length !== m.rows * m.cols
        )
          return `module ${name} has another ${factor} than the file`
      }
      if (A.rows !== B.cols) return `module ${name} has factors of two ranks`
    }
    return undefined
  },
}
