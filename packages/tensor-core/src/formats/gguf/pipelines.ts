/** The parts of tokenizer.json around its vocabulary, for the kinds of tokenizers in GGUF files, as transformers 5.23 builds them. */

type Json = Readonly<Record<string, unknown>>

/** Normalizer, pre-tokenizer and decoder, and the fields of the model besides vocabulary and merges. */
export interface Pipeline {
  readonly normalizer: Json | null
  readonly pre_tokenizer: Json
  readonly decoder: Json
  readonly model: Json
  /** Special tokens of the kind, where the vocabulary has them. */
  readonly specials: ReadonlyArray<string>
}

// byte-level -------------------------------------------------------------------------------------

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const llama3 = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
const qwen2 = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
const qwen35 = `${contractions}|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+`
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]'
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]'
const word = '[^\\r\\n\\p{L}\\p{N}]?'
const tail = ' ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const tekken = `${word}${upper}*${lower}+|${word}${upper}+${lower}*|\\p{N}|${tail}`
const gpt4o = `${word}${upper}*${lower}+${contractions}?|${word}${upper}+${lower}*${contractions}?|\\p{N}{1,3}|${tail}`

/** Patterns by the names of llama.cpp; a name that is not listed has GPT-2's pattern. */
const splits: ReadonlyMap<string, string> = new Map(
  [
    [llama3, 'llama3 llama-v3 llama-bpe falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano dbrx smaug-bpe'],
    [tekken, 'tekken'],
    [qwen2, 'qwen2 deepseek-r1-qwen kormo f2llmv2 megrez'],
    [qwen35, 'qwen35'],
    [gpt4o, 'gpt-4o llama4 kanana2 talkie minimax-m2'],
  ].flatMap(([pattern = '', names = '']) => names.split(' ').map((name) => [name, pattern] as const)),
)

const byteLevel = (useRegex: boolean): Json => ({
  type: 'ByteLevel',
  add_prefix_space: false,
  trim_offsets: true,
  use_regex: useRegex,
})

/** @param pre `tokenizer.ggml.pre`: the name of the pattern that texts are split by */
export const byteLevelPipeline = (pre: string | undefined): Pipeline => {
  const split = splits.get(pre ?? '')
  return {
    normalizer: null,
    pre_tokenizer:
      split === undefined
        ? byteLevel(true)
        : {
            type: 'Sequence',
            pretokenizers: [
              { type: 'Split', pattern: { Regex: split }, behavior: 'Isolated', invert: false },
              byteLevel(false),
            ],
          },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      unk_token: null,
      continuing_subword_prefix: '',
      end_of_word_suffix: '',
      fuse_unk: false,
      byte_fallback: false,
    },
    specials: ['<|endoftext|>'],
  }
}

// SentencePiece ----------------------------------------------------------------------------------

const pieceModel = {
  continuing_subword_prefix: null,
  end_of_word_suffix: null,
  fuse_unk: true,
  byte_fallback: true,
}
const pieceDecoders: ReadonlyArray<Json> = [
  { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
  { type: 'ByteFallback' },
  { type: 'Fuse' },
]

/** Llama 2's pieces: a blank is put before the text. */
export const llamaPipeline: Pipeline = {
  normalizer: null,
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false },
  decoder: {
    type: 'Sequence',
    decoders: [...pieceDecoders, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
  },
  model: { unk_token: null, ...pieceModel },
  specials: ['<unk>', '<s>', '</s>'],
}

/** Gemma's pieces: texts are taken as they are. */
export const gemmaPipeline: Pipeline = {
  normalizer: { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
  pre_tokenizer: {
    type: 'Split',
    pattern: { String: ' ' },
    behavior: 'MergedWithPrevious',
    invert: false,
  },
  decoder: { type: 'Sequence', decoders: pieceDecoders },
  model: { unk_token: '<unk>', ...pieceModel },
  specials: ['<unk>', '<bos>', '<eos>', '<pad>', '<mask>'],
}
