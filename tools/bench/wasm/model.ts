/** The model and the rows of a measured step, drawn at random from a fixed seed. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Example } from '@safe/tensor-core/contracts'
import { decodeModelConfig, writeSafetensors } from '@safe/tensor-core/formats'
import { parameterShapes } from '@safe/tensor-core/lm'
import { stream } from '@safe/tensor-core/random'
import { right } from './right'
import type { Step } from './steps'

/** Writes a model folder of the step's shape. */
export const writeModel = async (folder: string, s: Step): Promise<void> => {
  const json = {
    architectures: ['LlamaForCausalLM'],
    model_type: 'llama',
    vocab_size: s.vocabulary,
    hidden_size: s.hidden,
    intermediate_size: s.intermediate,
    num_hidden_layers: s.layers,
    num_attention_heads: 4,
    num_key_value_heads: 4,
    head_dim: s.hidden / 4,
    hidden_act: 'silu',
    max_position_embeddings: 2048,
    rms_norm_eps: 1e-6,
    rope_theta: 10000,
    tie_word_embeddings: true,
  }
  writeFileSync(join(folder, 'config.json'), JSON.stringify(json))
  const draws = stream(1, 'bench')
  const values = (size: number, norm: boolean): Float32Array =>
    Float32Array.from({ length: size }, () => (norm ? 1 : 0.04 * (2 * draws.uniform() - 1)))
  const config = right(decodeModelConfig(folder)(json))
  right(
    await writeSafetensors(
      join(folder, 'model.safetensors'),
      parameterShapes(config).map(({ name, shape }) => ({
        name,
        shape,
        dtype: 'F32' as const,
        values: values(
          shape.reduce((n, d) => n * d, 1),
          name.includes('norm'),
        ),
      })),
      { format: 'pt' },
    )(),
  )
}

/** The rows of one batch. */
export const examples = (s: Step): ReadonlyArray<Example> => {
  const draws = stream(2, 'bench')
  const tokens = (n: number): number[] => Array.from({ length: n }, () => draws.integer(s.vocabulary))
  return Array.from({ length: s.rows }, (_, i) => {
    const [prompt, response] = s.lengths(i)
    return {
      id: String(i),
      raw: String(i),
      fields: {},
      prompt: { kind: 'tokens', tokens: tokens(prompt) },
      response: { kind: 'tokens', tokens: tokens(response) },
    }
  })
}
