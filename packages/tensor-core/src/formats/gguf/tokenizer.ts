/**
 * The tokenizer in a GGUF file as the contents of tokenizer.json and tokenizer_config.json, so that it is loaded, and written, like
 * a folder's. Ids are those of transformers 5.23 for the same file (`integrations/gguf`).
 */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { damaged, unsupported } from '../../files/input'
import { byteSpelled } from './byteAlphabet'
import type { GgufFile } from './file'
import { type Merge, impliedMerges, listedMerges } from './merges'
import { needed, numberOf, numbersOf, textOf, textsOf, truthOf } from './metadata'
import type { GgufArchitecture } from './names'
import { type Listing, addedTokens, postProcessor } from './specialTokens'
import { type Pipeline, byteLevelPipeline, gemmaPipeline, llamaPipeline } from './pipelines'

// model ------------------------------------------------------------------------------------------

type Json = Readonly<Record<string, unknown>>
type Result<A> = E.Either<FormatError, A>

export interface GgufTokenizer {
  /** tokenizer.json */
  readonly tokenizer: Json
  /** tokenizer_config.json, without the chat template */
  readonly config: Json
  readonly chatTemplate: string | undefined
}

// listing ----------------------------------------------------------------------------------------

const kindOf = (file: GgufFile): Result<'gpt2' | 'llama'> =>
  pipe(
    needed(textOf, file, 'tokenizer.ggml.model'),
    E.filterOrElse(
      (kind): kind is 'gpt2' | 'llama' => kind === 'gpt2' || kind === 'llama',
      (kind) => unsupported(file.path, `tokenizer ${shownValue(kind)} is not supported, only gpt2 and llama`),
    ),
  )

const namedKeys = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' } as const

/** The spelling of a token that the metadata names by its id; null where it names none. */
const namedToken = (file: GgufFile, tokens: ReadonlyArray<string>, name: string): Result<string | null> => {
  const key = `tokenizer.ggml.${name}_token_id`
  return pipe(
    numberOf(file, key),
    E.chain((id) =>
      id === undefined
        ? E.right(null)
        : pipe(
            tokens[id],
            E.fromNullable(
              damaged(file.path, `${key} ${id} is beyond its vocabulary of ${tokens.length} tokens`),
            ),
          ),
    ),
  )
}

const listingOf = (file: GgufFile): Result<Listing> =>
  pipe(
    E.Do,
    E.bind('kind', () => kindOf(file)),
    E.bind('tokens', () => needed(textsOf, file, 'tokenizer.ggml.tokens')),
    E.bind('types', () => numbersOf(file, 'tokenizer.ggml.token_type')),
    E.bind('bos_token', ({ tokens }) => namedToken(file, tokens, namedKeys.bos_token)),
    E.bind('eos_token', ({ tokens }) => namedToken(file, tokens, namedKeys.eos_token)),
    E.bind('unk_token', ({ tokens }) => namedToken(file, tokens, namedKeys.unk_token)),
    E.bind('pad_token', ({ tokens }) => namedToken(file, tokens, namedKeys.pad_token)),
    E.map(({ kind, tokens, types = [], ...named }) => ({ kind, tokens, types, named })),
  )

/** Whether the file has a tokenizer. @returns left where what it says of its tokens cannot be right, or is not supported */
export const checkListing = (file: GgufFile): Result<boolean> =>
  file.metadata.has('tokenizer.ggml.model')
    ? pipe(
        listingOf(file),
        E.map(() => true),
      )
    : E.right(false)

// vocabulary -------------------------------------------------------------------------------------

/** Gemma's files store tokens of blanks as blanks, its vocabulary as marks. */
const respelled = (token: string): string =>
  token.includes(' ') && token.trim() === '' ? '▁'.repeat(Array.from(token).length) : token

const isGemma = (architecture: GgufArchitecture): boolean => architecture === 'gemma3'

const spellingOf = (architecture: GgufArchitecture, kind: Listing['kind']): ((token: string) => string) =>
  kind === 'gpt2' ? byteSpelled : isGemma(architecture) ? respelled : (token) => token

const mergesOf = (
  file: GgufFile,
  architecture: GgufArchitecture,
  kind: Listing['kind'],
  spelled: ReadonlyArray<string>,
  vocabulary: ReadonlyMap<string, number>,
): Result<ReadonlyArray<Merge>> =>
  pipe(
    textsOf(file, 'tokenizer.ggml.merges'),
    E.chain((lines): Result<ReadonlyArray<Merge>> => {
      if (lines !== undefined) return listedMerges(file.path, vocabulary, lines)
      if (kind === 'gpt2') return E.left(damaged(file.path, 'lacks the metadata tokenizer.ggml.merges'))
      // Gemma's scores do not follow the order of its merges, the order of its tokens does
      if (isGemma(architecture))
        return impliedMerges(file.path, vocabulary, new Map(spelled.map((token, i) => [token, -i])))
      return pipe(
        needed(numbersOf, file, 'tokenizer.ggml.scores'),
        E.chain((scores) =>
          impliedMerges(
            file.path,
            vocabulary,
            new Map(
              spelled.flatMap((token, i) => {
                const score = scores[i]
                return score === undefined ? [] : [[token, score] as const]
              }),
            ),
          ),
        ),
      )
    }),
  )

// tokenizer --------------------------------------------------------------------------------------

const pipelineOf = (
  architecture: GgufArchitecture,
  kind: Listing['kind'],
  pre: string | undefined,
): Pipeline =>
  kind === 'gpt2' ? byteLevelPipeline(pre) : isGemma(architecture) ? gemmaPipeline : llamaPipeline

/**
 * The tokenizer of a GGUF file; undefined where it has none.
 *
 * @returns left: metadata that is missing or damaged, an id beyond the vocabulary, a kind of tokenizer that is not supported
 */
export const ggufTokenizer = (
  file: GgufFile,
  architecture: GgufArchitecture,
): Result<GgufTokenizer | undefined> =>
  !file.metadata.has('tokenizer.ggml.model')
    ? E.right(undefined)
    : pipe(
        E.Do,
        E.bind('listing', () => listingOf(file)),
        E.bind('pre', () => textOf(file, 'tokenizer.ggml.pre')),
        E.bind('chatTemplate', () => textOf(file, 'tokenizer.chat_template')),
        E.bind('addBos', () => truthOf(file, 'tokenizer.ggml.add_bos_token')),
        E.bind('addEos', () => truthOf(file, 'tokenizer.ggml.add_eos_token')),
        E.let('spelled', ({ listing }) => listing.tokens.map(spellingOf(architecture, listing.kind))),
        E.let('vocabulary', ({ spelled }) => new Map(spelled.map((token, i) => [token, i]))),
        E.bind('merges', ({ listing, spelled, vocabulary }) =>
          mergesOf(file, architecture, listing.kind, spelled, vocabulary),
        ),
        E.map(({ listing, pre, chatTemplate, addBos, addEos, vocabulary, merges }) => {
          const { specials, model, ...around } = pipelineOf(architecture, listing.kind, pre)
          const { bos_token: bos = null, eos_token: eos = null } = listing.named
          // llama.cpp begins sequences of pieces unless the file says otherwise
          const begins = (addBos ?? listing.kind === 'llama') && bos !== null
          const ends = addEos === true && eos !== null
          return {
            tokenizer: {
              version: '1.0',
              truncation: null,
              padding: null,
              added_tokens: addedTokens(listing, specials, vocabulary),
              ...around,
              post_processor: postProcessor(vocabulary, begins ? bos : null, ends ? eos : null),
              model: {
                type: 'BPE',
                dropout: null,
                ...model,
                ignore_merges: false,
                vocab: Object.fromEntries(vocabulary),
                merges,
              },
            },
            config: {
              tokenizer_class: 'PreTrainedTokenizerFast',
              ...listing.named,
              add_bos_token: begins,
              add_eos_token: ends,
              clean_up_tokenization_spaces: false,
            },
            chatTemplate,
          }
        }),
      )
