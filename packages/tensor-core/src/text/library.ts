/**
 * The part of `@huggingface/tokenizers` that is used, typed here: the package's own declarations do not resolve under Node's
 * module rules (version 0.2.0 imports without file endings).
 */
import * as tokenizers from '@huggingface/tokenizers'
import type { Json } from './files'

// model ------------------------------------------------------------------------------------------

export interface LibraryDecoder {
  readonly decode: (tokens: ReadonlyArray<string>) => string
}

export interface LibraryTokenizer {
  readonly encode: (
    text: string,
    options: { readonly add_special_tokens: boolean },
  ) => { readonly ids: ReadonlyArray<number | undefined> }
  readonly decode: (
    ids: ReadonlyArray<number>,
    options: { readonly clean_up_tokenization_spaces: boolean },
  ) => string
  readonly token_to_id: (token: string) => number | undefined
  readonly get_added_tokens_decoder: () => ReadonlyMap<
    number,
    { readonly id: number; readonly special: boolean }
  >
  readonly model: {
    readonly vocab: ReadonlyArray<string | undefined>
    readonly unk_token_id?: number
  }
  readonly decoder: LibraryDecoder | null
}

type LibraryConstructor = new (tokenizer: Json, config: Json) => LibraryTokenizer

// constructors -----------------------------------------------------------------------------------

const isConstructor = (u: unknown): u is LibraryConstructor => typeof u === 'function'

/** Throws where the library cannot use the file. */
export const libraryTokenizer = (tokenizer: Json, config: Json): LibraryTokenizer => {
  const Constructor: unknown = tokenizers.Tokenizer
  if (!isConstructor(Constructor)) throw new Error('@huggingface/tokenizers has no Tokenizer')
  return new Constructor(tokenizer, config)
}
