/**
 * The part of `@huggingface/tokenizers` that is used, typed here: the package's own declarations do not resolve under Node's
 * module rules (version 0.2.0 imports without file endings).
 */
import * as tokenizers from '@huggingface/tokenizers'
import type { Json } from './files'

// model ------------------------------------------------------------------------------------------

export interface LibraryDecoder {
  readonly config: Json
  readonly decode: (tokens: ReadonlyArray<string>) => string
  /** The parts of a sequence. */
  readonly decoders?: ReadonlyArray<LibraryDecoder>
  decode_chain: (tokens: ReadonlyArray<string>) => ReadonlyArray<string>
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

// repairs ----------------------------------------------------------------------------------------

const byteToken = /^<0x([0-9A-Fa-f]{2})>$/

/** The byte that a byte-fallback token represents. */
export const byteOf = (token: string): number | undefined => {
  const digits = byteToken.exec(token)?.[1]
  return digits === undefined ? undefined : parseInt(digits, 16)
}

const decodeBytes = (bytes: ReadonlyArray<number>): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(bytes))
  } catch {
    return '\ufffd'.repeat(bytes.length)
  }
}

/** As in the reference implementation, a run of bytes that is not UTF-8 gives one replacement character per byte. */
const fallBackChain = (tokens: ReadonlyArray<string>): ReadonlyArray<string> => {
  const out: Array<string> = []
  let bytes: Array<number> = []
  const flush = (): void => {
    if (bytes.length > 0) out.push(decodeBytes(bytes))
    bytes = []
  }
  for (const token of tokens) {
    const byte = byteOf(token)
    if (byte !== undefined) bytes.push(byte)
    else {
      flush()
      out.push(token)
    }
  }
  flush()
  return out
}

const repair = (decoder: LibraryDecoder | null): void => {
  if (decoder === null) return
  if (decoder.config['type'] === 'ByteFallback') decoder.decode_chain = fallBackChain
  decoder.decoders?.forEach(repair)
}

// constructors -----------------------------------------------------------------------------------

const isConstructor = (u: unknown): u is LibraryConstructor => typeof u === 'function'

/** Builds the library's tokenizer. Throws where the library cannot use the file. */
export const libraryTokenizer = (tokenizer: Json, config: Json): LibraryTokenizer => {
  const Constructor: unknown = tokenizers.Tokenizer
  if (!isConstructor(Constructor)) throw new Error('@huggingface/tokenizers has no Tokenizer')
  const made = new Constructor(tokenizer, config)
  repair(made.decoder)
  return made
}
