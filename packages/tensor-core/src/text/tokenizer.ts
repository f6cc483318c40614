/** A folder's tokenizer, on `@huggingface/tokenizers`: the same ids as Python's transformers, and the meaning of each id. */
import { createHash } from 'node:crypto'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type Tokenizer, causeLine } from '../contracts'
import { unsupported } from '../files'
import { adaptTokenizerJson, withoutPrefix } from './adapt'
import { checkTokenizer } from './checkTokenizer'
import { type ChatTemplate, compileTemplate } from './chatTemplate'
import { type Json, type TokenizerFiles, readTokenizerFiles } from './files'
import { type LibraryTokenizer, libraryTokenizer } from './library'
import { hasUnknownPattern } from './knownPatterns'
import { type PieceRules, hasPart, pieceBytes } from './pieces'
import { withinTime } from './timeLimit'

// model ------------------------------------------------------------------------------------------

/** A tokenizer with what the encoding of rows needs besides the contract. */
export interface TextTokenizer extends Tokenizer {
  /** Spellings of special tokens by their names in templates (`bos_token`). */
  readonly specialTokens: Readonly<Record<string, string>>
  /** Ids put before a text without a chat template: begin-of-sequence where the tokenizer adds it. */
  readonly prefixTokens: ReadonlyArray<number>
}

// ids --------------------------------------------------------------------------------------------

const definedIds = (ids: ReadonlyArray<number | undefined>): ReadonlyArray<number> =>
  ids.filter((id) => id !== undefined)

const encodePlain = (library: Pick<LibraryTokenizer, 'encode'>, text: string): ReadonlyArray<number> =>
  text === '' ? [] : definedIds(library.encode(text, { add_special_tokens: false }).ids)

/** As in transformers, `add_bos_token` decides where it is given, else the tokenizer's post-processor. */
const prefixOf = (
  library: LibraryTokenizer,
  config: Json,
  bos: number | undefined,
): ReadonlyArray<number> => {
  if ('add_bos_token' in config || 'add_eos_token' in config)
    return config['add_bos_token'] === true && bos !== undefined ? [bos] : []
  const [probe, bare] = [
    definedIds(library.encode('a', { add_special_tokens: true }).ids),
    encodePlain(library, 'a'),
  ]
  const at = probe.findIndex((_, i) => bare.every((id, j) => probe[i + j] === id))
  return bare.length === 0 || at === -1 ? [] : probe.slice(0, at)
}

/** Whether blanks before punctuation are removed, as configured. With BPE it would corrupt text, so transformers ignores it there. */
const cleansUp = (json: Json, config: Json): boolean => {
  const model = json['model']
  return (
    config['clean_up_tokenization_spaces'] === true &&
    !(typeof model === 'object' && model !== null && 'type' in model && model.type === 'BPE')
  )
}

// time -------------------------------------------------------------------------------------------

/** Time limit for building a tokenizer; the largest known vocabularies take about a second. */
const buildMs = (json: Json): number => {
  const model = json['model']
  if (typeof model !== 'object' || model === null) return 4000
  // BPE has about as many merges as tokens, and a list tells its length at once.
  const merges = 'merges' in model ? model.merges : undefined
  if (Array.isArray(merges)) return 4000 + merges.length / 10
  const table = 'vocab' in model ? model.vocab : undefined
  return 4000 + (typeof table === 'object' && table !== null ? Object.keys(table).length / 10 : 0)
}

/** Texts up to this length are fast in all parts except patterns. */
const quickCharacters = 2000

/**
 * The library under a time limit where its patterns are not known to be fast or the text is long: 3 seconds plus twenty times what
 * encoding usually takes. Throws when the limit is reached.
 */
const watched = (library: LibraryTokenizer, json: Json): Pick<LibraryTokenizer, 'encode' | 'decode'> => {
  const slowEncoding = hasUnknownPattern([json['normalizer'], json['pre_tokenizer']])
  const slowDecoding = hasUnknownPattern(json['decoder'])
  return {
    encode: (text, options) =>
      slowEncoding || text.length > quickCharacters
        ? withinTime(3000 + text.length / 50, () => library.encode(text, options))
        : library.encode(text, options),
    decode: (ids, options) =>
      slowDecoding
        ? withinTime(3000 + ids.length / 5, () => library.decode(ids, options))
        : library.decode(ids, options),
  }
}

// constructors -----------------------------------------------------------------------------------

const build = (files: TokenizerFiles, template: ChatTemplate | undefined): TextTokenizer => {
  const { config, specialTokens } = files
  const json = adaptTokenizerJson(files.tokenizer)
  const library = libraryTokenizer(json, config)
  const { encode, decode } = watched(library, json)
  const inner = ((): (() => Pick<LibraryTokenizer, 'encode'>) => {
    const plain = adaptTokenizerJson(withoutPrefix(files.tokenizer))
    if (
      JSON.stringify([plain['normalizer'], plain['pre_tokenizer']]) ===
      JSON.stringify([json['normalizer'], json['pre_tokenizer']])
    )
      return () => ({ encode })
    const made: { library?: Pick<LibraryTokenizer, 'encode'> } = {}
    return () => (made.library ??= watched(libraryTokenizer(plain, config), plain))
  })()

  const printed: { value?: string } = {}
  // Of a large vocabulary it takes a quarter of a second, and most commands do not need it.
  const fingerprint = (): string =>
    (printed.value ??= createHash('sha256')
      .update(JSON.stringify([files.tokenizer, config, specialTokens, files.chatTemplate ?? null]))
      .digest('hex'))
  const vocabulary = library.model.vocab
  const added = library.get_added_tokens_decoder()
  const token = (id: number): string | undefined => vocabulary[id]
  const id = (spelling: string): number | undefined => library.token_to_id(spelling)
  const specialIds = new Set([
    ...[...added.values()].filter(({ special }) => special).map((t) => t.id),
    ...definedIds([...Object.values(specialTokens), ...files.moreSpecialTokens].map(id)),
  ])
  const unknown = library.model.unk_token_id
  const byteLevel = hasPart(files.tokenizer['decoder'], 'ByteLevel')
  const rules: PieceRules = {
    byteLevel,
    byteFallback: hasPart(files.tokenizer['decoder'], 'ByteFallback'),
    decoder: library.decoder,
  }
  const cleanUp = cleansUp(files.tokenizer, config)
  const named = (name: string): number | undefined => {
    const spelling = specialTokens[name]
    return spelling === undefined ? undefined : id(spelling)
  }
  const bos = named('bos_token')
  const eos = named('eos_token')
  return {
    size: vocabulary.length,
    get fingerprint() {
      return fingerprint()
    },
    encode: (text) => encodePlain({ encode }, text),
    encodeInner: (text) => encodePlain(inner(), text),
    decode: (ids, { skipSpecial = false } = {}) => {
      const known = ids.filter((i) => token(i) !== undefined && !(skipSpecial && specialIds.has(i)))
      return known.length === 0 ? '' : decode([...known], { clean_up_tokenization_spaces: cleanUp })
    },
    token,
    id,
    bytes: (i) => {
      const spelling = token(i)
      return spelling === undefined || i === unknown || specialIds.has(i)
        ? undefined
        : pieceBytes(rules, spelling, added.has(i))
    },
    specialIds,
    byteLevel,
    specialTokens,
    prefixTokens: prefixOf(library, config, bos),
    ...(bos === undefined ? {} : { bos }),
    ...(eos === undefined ? {} : { eos }),
    ...(template === undefined
      ? {}
      : { chat: (messages, { addGenerationPrompt }) => template({ messages, addGenerationPrompt }) }),
  }
}

/** Tries the tokenizer, so that a part that cannot decode fails here and not at the first text. */
const tried = (tokenizer: TextTokenizer): TextTokenizer => {
  const ids = [0, 1, 2, 3].filter((id) => tokenizer.token(id) !== undefined)
  tokenizer.decode(ids)
  for (const id of ids) tokenizer.bytes(id)
  tokenizer.encodeInner('a b')
  return tokenizer
}

const templateOf = (
  folder: string,
  files: TokenizerFiles,
): E.Either<FormatError, ChatTemplate | undefined> =>
  files.chatTemplate === undefined
    ? E.right(undefined)
    : compileTemplate(folder, files.chatTemplate, files.specialTokens)

/**
 * Loads the tokenizer of a model folder, or of a folder with only a tokenizer.
 *
 * @returns right undefined where the folder has no tokenizer.json; left: a file that is damaged, or a tokenizer that cannot be used
 */
export const loadTokenizer = (folder: string): TE.TaskEither<FormatError, TextTokenizer | undefined> =>
  pipe(
    readTokenizerFiles(folder),
    TE.chainEitherK((files): E.Either<FormatError, TextTokenizer | undefined> =>
      files === undefined
        ? E.right(undefined)
        : pipe(
            checkTokenizer(files.path, files.tokenizer),
            E.chain(() => templateOf(folder, files)),
            E.chain((template) =>
              E.tryCatch(
                () => withinTime(buildMs(files.tokenizer), () => tried(build(files, template))),
                (cause) => unsupported(files.path, `this tokenizer cannot be used (${causeLine(cause)})`),
              ),
            ),
          ),
    ),
  )
