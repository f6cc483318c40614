/**
 * The files that both sides of a measurement read, made without PyTorch: a model of random weights, an adapter, rows of random
 * tokens. They have the same names as those of `reference.py make` (tools/bench/suite/files.ts).
 *
 *   makeFiles FOLDER SHAPE      SHAPE a JSON object, see tools/bench/suite/shapes.ts
 */
import { writeFileSync } from 'node:fs'
import {
  type ModelConfig,
  decodeModelConfig,
  freshAdapterConfig,
  writeAdapter,
  writeModelFolder,
} from '@safe/tensor-core/formats'
import { linearModules, parameterShapes } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import { result } from '../bench/suite/ours/result'
import { adapterFolder, modelFolder, rowsFile } from '../bench/suite/files'
import type { Shape } from '../bench/suite/shapes'
import { shapeOf } from './shapeOf'

// the model --------------------------------------------------------------------------------------

const rawConfig = (s: Shape): Readonly<Record<string, unknown>> => ({
  architectures: ['LlamaForCausalLM'],
  model_type: 'llama',
  vocab_size: s.vocab,
  hidden_size: s.hidden,
  intermediate_size: s.intermediate,
  num_hidden_layers: s.layers,
  num_attention_heads: s.heads,
  num_key_value_heads: s.kvHeads ?? s.heads,
  hidden_act: 'silu',
  rms_norm_eps: 1e-5,
  rope_theta: 100_000,
  max_position_embeddings: 8192,
  tie_word_embeddings: s.tied ?? false,
  attention_bias: false,
  bos_token_id: null,
  eos_token_id: null,
  pad_token_id: null,
  torch_dtype: 'float32',
})

/** Uniform values with this standard deviation, by a generator fast enough for 135 million of them (xorshift, 32 bits). */
const spread = (size: number, deviation: number, seed: number): Float32Array => {
  const out = new Float32Array(size)
  const scale = (2 * Math.sqrt(3) * deviation) / 2 ** 32
  let x = Math.imul(seed + 1, 0x9e3779b1) | 1
  for (let i = 0; i < size; i++) {
    x ^= x << 13
    x ^= x >>> 17
    x ^= x << 5
    out[i] = x * scale
  }
  return out
}

const writeModel = async (folder: string, config: ModelConfig, raw: Readonly<Record<string, unknown>>) => {
  const tensors = parameterShapes(config).map(({ name, shape }, i) => ({
    name,
    dtype: 'F32' as const,
    shape,
    values: () => {
      const size = shape.reduce((a, b) => a * b, 1)
      const values =
        shape.length === 1
          ? new Float32Array(size).fill(1)
          : spread(size, 1 / Math.sqrt(config.hiddenSize), i)
      return Promise.resolve({ _tag: 'Right' as const, right: values })
    },
  }))
  result(await writeModelFolder(modelFolder(folder, 'float32'), { config, rawConfig: raw, tensors })())
}

// adapter and rows -------------------------------------------------------------------------------

/** Initialised as in peft: A random, B zero. */
const writeFreshAdapter = async (folder: string, config: ModelConfig, rank: number) => {
  const targets = ['q_proj', 'v_proj']
  const modules = linearModules(config)
    .filter(({ name }) => targets.some((target) => name.endsWith(target)))
    .map(({ name, inputs, outputs }, i) => ({
      name,
      A: { rows: rank, cols: inputs, data: spread(rank * inputs, 1 / Math.sqrt(3 * inputs), 1000 + i) },
      B: { rows: outputs, cols: rank, data: new Float32Array(outputs * rank) },
      scale: 2,
    }))
  const adapterConfig = freshAdapterConfig({ rank, alpha: 2 * rank, targetModules: targets })
  result(
    await writeAdapter(adapterFolder(folder), {
      modules,
      config: adapterConfig,
      metadata: { format: 'pt' },
      dtype: 'F32',
      extras: [],
    })(),
  )
}

/** Lengths of prompt and response, in tokens. */
interface Lengths {
  readonly prompt: number
  readonly response: number
}

const writeRows = (folder: string, name: string, s: Shape, { prompt, response }: Lengths): void => {
  const { integer } = stream(1, 'rows', name)
  const draw = (n: number): ReadonlyArray<number> => Array.from({ length: n }, () => integer(s.vocab))
  const rows = Array.from({ length: s.rows }, () =>
    JSON.stringify({ promptTokens: draw(prompt), responseTokens: draw(response) }),
  )
  writeFileSync(rowsFile(folder, name), `${rows.join('\n')}\n`)
}

// the program ------------------------------------------------------------------------------------

const main = async ([folder = '.', json = '{}']: ReadonlyArray<string>): Promise<void> => {
  const shape = shapeOf(json)
  const raw = rawConfig(shape)
  const config = result(decodeModelConfig('config.json')(raw))
  await writeModel(folder, config, raw)
  await writeFreshAdapter(folder, config, shape.rank)
  writeRows(folder, 'equal', shape, { prompt: 1, response: shape.length - 1 })
  writeRows(folder, 'prompts', shape, { prompt: shape.prompt, response: 1 })
  writeRows(folder, 'long-prompts', shape, { prompt: shape.length, response: 1 })
}

main(process.argv.slice(2)).catch((cause: unknown) => {
  process.stderr.write(`${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 1
})
