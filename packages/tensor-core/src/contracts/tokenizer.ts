/** Text to token ids and back, with the chat template where there is one. */
import type { Message } from './data'

// model ------------------------------------------------------------------------------------------

/** Text to ids and back. Ids are those of the model's embedding rows. */
export interface Tokenizer {
  /** Number of ids, added tokens included: every id is below it. */
  readonly size: number
  /** A hash of everything that determines its behaviour, for cache keys. */
  readonly fingerprint: string
  /** Encodes text as it stands: no begin- or end-of-sequence is added; special tokens in the text are recognised. */
  readonly encode: (text: string) => ReadonlyArray<number>
  /** As `encode`, for text in the middle of a sentence: without a dummy prefix space. */
  readonly encodeInner: (text: string) => ReadonlyArray<number>
  readonly decode: (ids: ReadonlyArray<number>, options?: { readonly skipSpecial?: boolean }) => string
  /** The id's own spelling (`▁the`, `Ġthe`), undefined for ids without a token. */
  readonly token: (id: number) => string | undefined
  readonly id: (token: string) => number | undefined
  /** The bytes the id adds in the middle of a sentence (leading space kept); undefined for special and unknown ids. Byte-level pieces may hold part of a character. */
  readonly bytes: (id: number) => Uint8Array | undefined
  readonly specialIds: ReadonlySet<number>
  readonly byteLevel: boolean
  /** Ids put before a text without a chat template: begin-of-sequence where the tokenizer adds it; undefined: not known. */
  readonly prefixTokens?: ReadonlyArray<number>
  readonly bos?: number
  readonly eos?: number
  /** The chat template's rendering; undefined where the tokenizer has none. */
  readonly chat?: (
    messages: ReadonlyArray<Message>,
    options: { readonly addGenerationPrompt: boolean },
  ) => string
}
