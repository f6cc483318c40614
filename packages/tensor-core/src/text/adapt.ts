/**
 * Adapts tokenizer.json to the JavaScript library. `@huggingface/tokenizers` 0.2.0 lacks or simplifies a few parts of the reference
 * implementation (huggingface/tokenizers, Rust). Each is expressed here by parts that the library has, so that ids are equal:
 * WordLevel models, Metaspace's `split`, its old `add_prefix_space`, and its decoder's leading blank where nothing is prepended.
 */
import type { Json } from './files'

const isJson = (u: unknown): u is Json => typeof u === 'object' && u !== null && !Array.isArray(u)

// parts ------------------------------------------------------------------------------------------

const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&')

const replacementOf = (part: Json): string =>
  typeof part['replacement'] === 'string' ? part['replacement'] : '▁'

const prependScheme = (part: Json): string =>
  typeof part['prepend_scheme'] === 'string'
    ? part['prepend_scheme']
    : part['add_prefix_space'] === false
      ? 'never'
      : 'always'

/** A WordLevel model as WordPiece, with a prefix of further pieces that no word can have. */
const adaptModel = (model: unknown): unknown =>
  isJson(model) && model['type'] === 'WordLevel'
    ? {
        ...model,
        type: 'WordPiece',
        continuing_subword_prefix: '\u0000',
        max_input_chars_per_word: Number.MAX_SAFE_INTEGER,
      }
    : model

/** Every replacement character starts a new piece, as Metaspace splits by default. */
const metaspaceParts = (part: Json): ReadonlyArray<Json> => {
  const mark = escaped(replacementOf(part))
  const space = { ...part, prepend_scheme: prependScheme(part) }
  return part['split'] === false
    ? [space]
    : [
        space,
        {
          type: 'Split',
          pattern: { Regex: `${mark}[^${mark}]*|[^${mark}]+` },
          invert: true,
          behavior: 'Removed',
        },
      ]
}

const listOf = (u: unknown): ReadonlyArray<unknown> => (Array.isArray(u) ? u : [])

const adaptPreTokenizer = (part: unknown): unknown =>
  !isJson(part)
    ? part
    : part['type'] === 'Sequence'
      ? { ...part, pretokenizers: listOf(part['pretokenizers']).map(adaptPreTokenizer) }
      : part['type'] === 'Metaspace'
        ? { type: 'Sequence', pretokenizers: metaspaceParts(part) }
        : part

const adaptDecoder = (part: unknown): unknown =>
  !isJson(part)
    ? part
    : part['type'] === 'Sequence'
      ? { ...part, decoders: listOf(part['decoders']).map(adaptDecoder) }
      : part['type'] === 'Metaspace' && prependScheme(part) === 'never'
        ? { type: 'Replace', pattern: { String: replacementOf(part) }, content: ' ' }
        : part

/** The adapted tokenizer.json; parts that are absent become null, as the library needs them. */
export const adaptTokenizerJson = (json: Json): Json => ({
  ...json,
  added_tokens: json['added_tokens'] ?? [],
  normalizer: json['normalizer'] ?? null,
  post_processor: json['post_processor'] ?? null,
  model: adaptModel(json['model']),
  pre_tokenizer: adaptPreTokenizer(json['pre_tokenizer'] ?? null),
  decoder: adaptDecoder(json['decoder'] ?? null),
})

// middle of a sentence ---------------------------------------------------------------------------

const without = (part: unknown): unknown => {
  if (!isJson(part)) return part
  switch (part['type']) {
    case 'Sequence':
      return {
        ...part,
        ...('normalizers' in part
          ? {
              normalizers: listOf(part['normalizers'])
                .map(without)
                .filter((p) => p !== null),
            }
          : {}),
        ...('pretokenizers' in part
          ? {
              pretokenizers: listOf(part['pretokenizers'])
                .map(without)
                .filter((p) => p !== null),
            }
          : {}),
      }
    case 'Prepend':
      return null
    case 'Metaspace':
      return { ...part, prepend_scheme: 'never', add_prefix_space: false }
    case 'ByteLevel':
      return { ...part, add_prefix_space: false }
    default:
      return part
  }
}

/** The same tokenizer without the parts that put a blank before the text. */
export const withoutPrefix = (json: Json): Json => ({
  ...json,
  normalizer: without(json['normalizer'] ?? null),
  pre_tokenizer: without(json['pre_tokenizer'] ?? null),
})
