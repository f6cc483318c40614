/** The files that a Hugging Face folder of the model in a GGUF file has besides its configuration and weights. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { architectureOf } from './config'
import { type GgufFile, openGguf } from './file'
import type { GgufModel } from './model'
import { type GgufTokenizer, checkListing, ggufTokenizer } from './tokenizer'

const text = (json: unknown): string => `${JSON.stringify(json, null, 2)}\n`

/**
 * `generation_config.json`: begin, end and padding. A token that ends a turn, where the file names one besides the end of a
 * sequence, ends a completion too.
 */
export const ggufGeneration = ({
  config,
  file,
}: Pick<GgufModel, 'config' | 'file'>): Readonly<Record<string, unknown>> => {
  const turn = file.metadata.get('tokenizer.ggml.eot_token_id')
  const ends = [
    ...config.eosTokenIds,
    ...(typeof turn === 'number' && turn < config.vocabSize && !config.eosTokenIds.includes(turn)
      ? [turn]
      : []),
  ]
  return {
    ...(config.bosTokenId === undefined ? {} : { bos_token_id: config.bosTokenId }),
    ...(ends.length === 0 ? {} : { eos_token_id: ends.length === 1 ? ends[0] : ends }),
    ...(config.padTokenId === undefined ? {} : { pad_token_id: config.padTokenId }),
  }
}

/** The tokenizer of the GGUF file at this path; undefined where it has none. */
export const readGgufTokenizer = (path: string): TE.TaskEither<FormatError, GgufTokenizer | undefined> =>
  pipe(
    openGguf(path),
    TE.chainEitherK((file: GgufFile) =>
      pipe(
        architectureOf(file),
        E.chain((architecture) => ggufTokenizer(file, architecture)),
      ),
    ),
  )

/**
 * The names of these files, without the work of making them.
 *
 * @returns left: a special token whose id is beyond the vocabulary, or a kind of tokenizer that is not supported
 */
export const ggufCompanionNames = ({ file }: GgufModel): E.Either<FormatError, ReadonlyArray<string>> =>
  pipe(
    checkListing(file),
    E.map((hasTokenizer) => [
      'generation_config.json',
      ...(hasTokenizer ? ['tokenizer.json', 'tokenizer_config.json'] : []),
      ...(hasTokenizer && file.metadata.has('tokenizer.chat_template') ? ['chat_template.jinja'] : []),
    ]),
  )

/** The texts of these files by name. */
export const ggufCompanions = (model: GgufModel): E.Either<FormatError, Readonly<Record<string, string>>> =>
  pipe(
    ggufTokenizer(model.file, model.architecture),
    E.map((tokenizer) => ({
      'generation_config.json': text(ggufGeneration(model)),
      ...(tokenizer === undefined
        ? {}
        : {
            'tokenizer.json': `${JSON.stringify(tokenizer.tokenizer)}\n`,
            'tokenizer_config.json': text(tokenizer.config),
            ...(tokenizer.chatTemplate === undefined
              ? {}
              : { 'chat_template.jinja': tokenizer.chatTemplate }),
          }),
    })),
  )
