/** Reads the files of a tokenizer, or the tokenizer of a GGUF file: tokenizer.json, tokenizer_config.json, special_tokens_map.json and the chat template. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type FormatError, badInput } from '../contracts'
import { isGgufPath, readGgufTokenizer } from '../formats'
import { decodeAs, kindOf, readJson, readOptional, readText } from '../files'

// model ------------------------------------------------------------------------------------------

export type Json = Readonly<Record<string, unknown>>

export interface TokenizerFiles {
  /** tokenizer.json's path, for messages. */
  readonly path: string
  readonly tokenizer: Json
  readonly config: Json
  /** Spellings of special tokens by their names in templates (`bos_token`). */
  readonly specialTokens: Readonly<Record<string, string>>
  /** Spellings of further special tokens (`additional_special_tokens`). */
  readonly moreSpecialTokens: ReadonlyArray<string>
  readonly chatTemplate: string | undefined
}

// codecs -----------------------------------------------------------------------------------------

const TokenSpelling = t.union([t.string, t.type({ content: t.string })], 'a token')
type TokenSpelling = t.TypeOf<typeof TokenSpelling>
const spelling = (token: TokenSpelling): string => (typeof token === 'string' ? token : token.content)

const AddedToken = t.intersection(
  [
    t.type({ id: t.number, content: t.string }),
    t.partial({ special: t.boolean, lstrip: t.boolean, rstrip: t.boolean, normalized: t.boolean }),
  ],
  'an added token',
)

/** The fields that are checked before the tokenizer library reads the file. */
export const TokenizerJson = t.intersection(
  [
    t.type({ model: t.UnknownRecord }),
    t.partial({
      added_tokens: t.union([t.array(AddedToken), t.null], 'a list of added tokens'),
      normalizer: t.union([t.UnknownRecord, t.null], 'an object'),
      pre_tokenizer: t.union([t.UnknownRecord, t.null], 'an object'),
      post_processor: t.union([t.UnknownRecord, t.null], 'an object'),
      decoder: t.union([t.UnknownRecord, t.null], 'an object'),
    }),
  ],
  'a tokenizer',
)

const NamedTemplates = t.array(t.type({ name: t.string, template: t.string }), 'a list of named templates')
const TemplateField = t.partial(
  { chat_template: t.union([t.string, NamedTemplates, t.null], 'a template') },
  'a tokenizer configuration',
)

const asDamaged = decodeAs<FormatError['_tag']>('FileDamaged')

// special tokens ---------------------------------------------------------------------------------

const names = ['bos_token', 'eos_token', 'unk_token', 'sep_token', 'pad_token', 'cls_token', 'mask_token']
const lists = ['additional_special_tokens', 'extra_special_tokens']

const named = (json: Json): ReadonlyArray<readonly [string, string]> =>
  names.flatMap((name) => {
    const token = json[name]
    return TokenSpelling.is(token) ? [[name, spelling(token)] as const] : []
  })

const listed = (json: Json): ReadonlyArray<string> =>
  lists.flatMap((name) => {
    const tokens = json[name]
    return Array.isArray(tokens) ? tokens.filter(TokenSpelling.is).map(spelling) : []
  })

/** tokenizer_config.json takes precedence; a name that is null there is no token. */
const specialTokensOf = (config: Json, map: Json): Readonly<Record<string, string>> => {
  const found = new Map([...named(map), ...named(config)])
  for (const name of names) if (config[name] === null) found.delete(name)
  return Object.fromEntries(found)
}

// chat template ----------------------------------------------------------------------------------

const templateOf = (path: string, json: Json): TE.TaskEither<FormatError, string | undefined> =>
  pipe(
    TE.fromEither(asDamaged(TemplateField, path)(json)),
    TE.map(({ chat_template: template }) =>
      typeof template === 'string'
        ? template
        : (template?.find(({ name }) => name === 'default') ?? template?.[0])?.template,
    ),
  )

// reading ----------------------------------------------------------------------------------------

const readObject = (path: string): TE.TaskEither<FormatError, Json> =>
  pipe(readJson(path), TE.chainEitherK(asDamaged(t.UnknownRecord, path)))

const optionalObject = (path: string): TE.TaskEither<FormatError, Json | undefined> =>
  readOptional(path, readObject)

/** A template in its own file takes precedence over the one in tokenizer_config.json. */
const readTemplate = (folder: string, config: Json): TE.TaskEither<FormatError, string | undefined> => {
  const jsonPath = join(folder, 'chat_template.json')
  return pipe(
    readOptional(join(folder, 'chat_template.jinja'), readText),
    TE.chain((own) =>
      own !== undefined
        ? TE.right(own)
        : pipe(
            optionalObject(jsonPath),
            TE.chain((json) =>
              json === undefined
                ? templateOf(join(folder, 'tokenizer_config.json'), config)
                : templateOf(jsonPath, json),
            ),
          ),
    ),
  )
}

const ofGguf = (path: string): TE.TaskEither<FormatError, TokenizerFiles | undefined> =>
  pipe(
    readGgufTokenizer(path),
    TE.map((read) =>
      read === undefined
        ? undefined
        : {
            path,
            tokenizer: read.tokenizer,
            config: read.config,
            specialTokens: specialTokensOf(read.config, {}),
            moreSpecialTokens: [],
            chatTemplate: read.chatTemplate,
          },
    ),
  )

/** Reads the files of the tokenizer in a folder or a GGUF file; undefined where it has none. */
export const readTokenizerFiles = (
  folder: string,
): TE.TaskEither<FormatError, TokenizerFiles | undefined> => {
  if (isGgufPath(folder)) return ofGguf(folder)
  const path = join(folder, 'tokenizer.json')
  return pipe(
    kindOf(folder),
    TE.filterOrElseW(
      (kind) => kind === 'folder',
      (kind) =>
        badInput('FileMissing', kind === 'absent' ? 'does not exist' : 'is not a folder', {
          where: folder,
          remedy: 'give a model or tokenizer folder',
        }),
    ),
    TE.chainW(() => readOptional(path, readJson)),
    TE.chain((json) =>
      json === undefined
        ? TE.right(undefined)
        : pipe(
            TE.Do,
            TE.apS('tokenizer', TE.fromEither(asDamaged(TokenizerJson, path)(json))),
            TE.bind('config', () => optionalObject(join(folder, 'tokenizer_config.json'))),
            TE.bind('map', () => optionalObject(join(folder, 'special_tokens_map.json'))),
            TE.bind('chatTemplate', ({ config }) => readTemplate(folder, config ?? {})),
            TE.map(({ tokenizer, config = {}, map = {}, chatTemplate }) => ({
              path,
              tokenizer,
              config,
              specialTokens: specialTokensOf(config, map),
              moreSpecialTokens: [...listed(map), ...listed(config)],
              chatTemplate,
            })),
          ),
    ),
  )
}
