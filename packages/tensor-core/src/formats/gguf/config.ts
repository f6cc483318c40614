/**
 * The metadata of a GGUF file as the `ModelConfig` of its architecture: llama.cpp's keys become the fields of config.json, which
 * the reader of model folders decodes. Keys that would change results are either used or refused by name.
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { unsupported } from '../../files/input'
import type { ModelConfig } from '../model/config'
import { decodeModelConfig } from '../model/readConfig'
import type { GgufFile } from './file'
import { evenNumberOf, needed, numberOf, textOf } from './metadata'
import type { GgufArchitecture } from './names'

type Json = Readonly<Record<string, unknown>>
type Result<A> = E.Either<FormatError, A>

// architecture -----------------------------------------------------------------------------------

const modelTypes: Readonly<Record<GgufArchitecture, string>> = {
  llama: 'llama',
  qwen2: 'qwen2',
  qwen3: 'qwen3',
  gemma3: 'gemma3_text',
}

const isArchitecture = (name: string): name is GgufArchitecture => Object.hasOwn(modelTypes, name)

/** @returns left: an architecture that is not read, or one part of a model in several files */
export const architectureOf = (file: GgufFile): Result<GgufArchitecture> =>
  pipe(
    needed(textOf, file, 'general.architecture'),
    E.filterOrElse(isArchitecture, (name) =>
      unsupported(
        file.path,
        `architecture ${shownValue(name)} is not supported`,
        `give a file of ${Object.keys(modelTypes).join(', ')}`,
      ),
    ),
    E.filterOrElse(
      () => [undefined, 0, 1].some((n) => n === file.metadata.get('split.count')),
      () =>
        unsupported(
          file.path,
          'is one part of a model in several files',
          'merge them with llama-gguf-split --merge',
        ),
    ),
  )

// refusals ---------------------------------------------------------------------------------------

/** Keys below the architecture's name that would change results, with the values that do not. */
const neutral: ReadonlyArray<readonly [string, ReadonlyArray<unknown>]> = [
  ['expert_count', [0]],
  ['expert_used_count', [0]],
  ['attention.causal', [true]],
  ['attention.scale', []],
  ['attention.clamp_kqv', [0]],
  ['attention.max_alibi_bias', [0]],
  ['attn_logit_softcapping', [0]],
  ['final_logit_softcapping', [0]],
  ['logit_scale', [1]],
  ['embedding_scale', [1]],
  ['residual_scale', [1]],
  ['use_parallel_residual', [false]],
  ['tensor_data_layout', ['reference', 'Meta AI original pth']],
]

const refusedKey = (file: GgufFile, architecture: GgufArchitecture, headDim: number): string | undefined => {
  const { metadata } = file
  const at = (key: string): unknown => metadata.get(`${architecture}.${key}`)
  const bad = neutral.find(([key, values]) => at(key) !== undefined && !values.includes(at(key)))
  if (bad !== undefined) return `${architecture}.${bad[0]} ${shownValue(at(bad[0]))}`
  for (const key of ['attention.value_length', 'rope.dimension_count'])
    if (at(key) !== undefined && at(key) !== headDim)
      return `${architecture}.${key} ${shownValue(at(key))} with heads of width ${headDim}`
  const context = at('context_length')
  const window = at('attention.sliding_window')
  return architecture === 'gemma3' ||
    window === undefined ||
    window === 0 ||
    (typeof window === 'number' && typeof context === 'number' && window >= context)
    ? undefined
    : `${architecture}.attention.sliding_window ${shownValue(window)}`
}

// rotary embedding -------------------------------------------------------------------------------

const knownScaling = ['type', 'factor', 'original_context_length', 'finetuned']

/**
 * `rope_scaling` of config.json: none, linear or YaRN by the metadata, or a factor per frequency by the tensor `rope_freqs.weight`,
 * which longrope expresses exactly (the tables of short and long sequences are the same one).
 */
const ropeScaling = (
  file: GgufFile,
  architecture: GgufArchitecture,
  factors: ReadonlyArray<number> | undefined,
): Result<Json | null> => {
  const prefix = `${architecture}.rope.scaling.`
  const refused = (key: string): FormatError =>
    unsupported(
      file.path,
      `${prefix}${key} ${shownValue(file.metadata.get(`${prefix}${key}`))} is not supported`,
    )
  const odd = [...file.metadata.keys()].find(
    (key) => key.startsWith(prefix) && !knownScaling.includes(key.slice(prefix.length)),
  )
  if (odd !== undefined) return E.left(refused(odd.slice(prefix.length)))
  const type = file.metadata.get(`${prefix}type`) ?? 'none'
  const oldScale = file.metadata.get(`${architecture}.rope.scale_linear`)
  if (factors?.some((f) => f !== 1) === true)
    return type === 'none' && oldScale === undefined
      ? E.right({
          rope_type: 'longrope',
          attention_factor: 1,
          short_factor: factors,
          long_factor: factors,
          original_max_position_embeddings: file.metadata.get(`${architecture}.context_length`),
        })
      : E.left(
          unsupported(file.path, 'rope_freqs.weight together with another rope scaling is not supported'),
        )
  const factor = file.metadata.get(`${prefix}factor`)
  switch (type) {
    case 'none':
      return oldScale === undefined || oldScale === 1
        ? E.right(null)
        : E.right({ rope_type: 'linear', factor: oldScale })
    case 'linear':
      return E.right({ rope_type: 'linear', factor })
    case 'yarn':
      return E.right({
        rope_type: 'yarn',
        factor,
        original_max_position_embeddings:
          file.metadata.get(`${prefix}original_context_length`) ??
          file.metadata.get(`${architecture}.context_length`),
      })
    default:
      return E.left(refused('type'))
  }
}

// fields -----------------------------------------------------------------------------------------

/** Layers of Gemma 3 27B, the one size whose scores are divided by the root of another number than 256. */
const layersOfGemma27 = 62

const gemmaFields = (
  file: GgufFile,
  sizes: { readonly layers: number; readonly heads: number; readonly hidden: number },
): Json => {
  const window = file.metadata.get('gemma3.attention.sliding_window')
  const pattern = file.metadata.get('gemma3.attention.sliding_window_pattern')
  return {
    ...(window === undefined ? {} : { sliding_window: window }),
    ...(Array.isArray(pattern)
      ? { layer_types: pattern.map((slides) => (slides === true ? 'sliding_attention' : 'full_attention')) }
      : { sliding_window_pattern: pattern ?? 6 }),
    rope_local_base_freq: file.metadata.get('gemma3.rope.freq_base_swa') ?? 10_000,
    query_pre_attn_scalar: sizes.layers === layersOfGemma27 ? sizes.hidden / sizes.heads : 256,
  }
}

const tokenId = (file: GgufFile, name: string): Result<number | null> =>
  pipe(
    numberOf(file, `tokenizer.ggml.${name}_token_id`),
    E.map((id) => id ?? null),
  )

/**
 * The configuration of the model in a GGUF file.
 *
 * @param factors the values of `rope_freqs.weight`, where the file has it
 * @returns left: metadata that is missing, of the wrong kind, or not supported
 */
export const ggufConfig = (
  file: GgufFile,
  architecture: GgufArchitecture,
  factors: ReadonlyArray<number> | undefined,
): Result<ModelConfig> => {
  const key = (name: string): string => `${architecture}.${name}`
  const queries = file.tensors.get('blk.0.attn_q.weight')?.shape[0]
  return pipe(
    E.Do,
    E.bind('layers', () => needed(numberOf, file, key('block_count'))),
    E.bind('hidden', () => needed(numberOf, file, key('embedding_length'))),
    E.bind('inner', () => needed(evenNumberOf, file, key('feed_forward_length'))),
    E.bind('heads', () => needed(evenNumberOf, file, key('attention.head_count'))),
    E.bind('kvHeads', () => evenNumberOf(file, key('attention.head_count_kv'))),
    E.bind('keyLength', () => numberOf(file, key('attention.key_length'))),
    E.bind('eps', () => needed(numberOf, file, key('attention.layer_norm_rms_epsilon'))),
    E.bind('context', () => needed(numberOf, file, key('context_length'))),
    E.bind('theta', () => numberOf(file, key('rope.freq_base'))),
    E.bind('bos', () => tokenId(file, 'bos')),
    E.bind('eos', () => tokenId(file, 'eos')),
    E.bind('pad', () => tokenId(file, 'padding')),
    E.bind('scaling', () => ropeScaling(file, architecture, factors)),
    E.let('headDim', ({ keyLength, heads, hidden }) => keyLength ?? (queries ?? hidden) / heads),
    E.chainFirst(({ headDim }) => {
      const bad = refusedKey(file, architecture, headDim)
      return bad === undefined
        ? E.right(undefined)
        : E.left(unsupported(file.path, `${bad} is not supported`))
    }),
    E.chain((m) =>
      decodeModelConfig(file.path)({
        model_type: modelTypes[architecture],
        vocab_size: file.tensors.get('token_embd.weight')?.shape[0],
        hidden_size: m.hidden,
        intermediate_size: m.inner,
        num_hidden_layers: m.layers,
        num_attention_heads: m.heads,
        num_key_value_heads: m.kvHeads ?? m.heads,
        head_dim: m.headDim,
        rms_norm_eps: m.eps,
        max_position_embeddings: m.context,
        rope_theta: m.theta ?? (architecture === 'gemma3' ? 1_000_000 : 10_000),
        rope_scaling: m.scaling,
        attention_bias: file.tensors.has('blk.0.attn_q.bias'),
        mlp_bias: file.tensors.has('blk.0.ffn_up.bias'),
        tie_word_embeddings: !file.tensors.has('output.weight'),
        bos_token_id: m.bos,
        eos_token_id: m.eos,
        pad_token_id: m.pad,
        torch_dtype: 'bfloat16',
        ...(architecture === 'gemma3' ? gemmaFields(file, m) : {}),
      }),
    ),
  )
}
