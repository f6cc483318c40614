/** tokenizer.json and tokenizer_config.json for Hugging Face libraries: the common parts of both tokenizers of the arena. */
import { beginMark, chatTemplate, endMark, markId, marks, padMark, unknownMark } from './template'

// model ------------------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>

export interface TokenizerFiles {
  /** Spellings by id. */
  readonly vocabulary: ReadonlyArray<string>
  readonly files: { readonly 'tokenizer.json': Json; readonly 'tokenizer_config.json': Json }
}

export interface TokenizerParts {
  readonly vocabulary: ReadonlyArray<string>
  /** The model's settings, without its vocabulary. */
  readonly model: Json
  readonly preTokenizer: Json
  readonly decoder: Json
}

// constructors -----------------------------------------------------------------------------------

export const tokenizerFiles = ({
  vocabulary,
  model,
  preTokenizer,
  decoder,
}: TokenizerParts): TokenizerFiles => ({
  vocabulary,
  files: {
    'tokenizer.json': {
      version: '1.0',
      truncation: null,
      padding: null,
      added_tokens: marks.map((content) => ({
        id: markId(content),
        content,
        single_word: false,
        lstrip: false,
        rstrip: false,
        normalized: false,
        special: true,
      })),
      normalizer: null,
      pre_tokenizer: preTokenizer,
      post_processor: null,
      decoder,
      model: {
        ...model,
        unk_token: unknownMark,
        vocab: Object.fromEntries(vocabulary.map((token, id) => [token, id])),
      },
    },
    'tokenizer_config.json': {
      tokenizer_class: 'PreTrainedTokenizerFast',
      bos_token: beginMark,
      eos_token: endMark,
      pad_token: padMark,
      unk_token: unknownMark,
      clean_up_tokenization_spaces: false,
      model_max_length: 128,
      padding_side: 'left',
      chat_template: chatTemplate,
    },
  },
})
