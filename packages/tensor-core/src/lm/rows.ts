/** A dataset as rows of tokens for one model, every id checked against its vocabulary. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Dataset, type InputError, type Tokenizer, badInput } from '../contracts'
import { type EncodedRows, type Encoder, encodeExamples } from '../text'
import { predicted } from './decoder/batch'

/** How the rows of a model are made. */
export interface RowChoice {
  /** `chat`, `qa`, `none` or a template file; default: chat where the tokenizer has a template, else qa. */
  readonly template?: string
  /** Leave the end-of-sequence token out of responses. */
  readonly noEos?: boolean
}

/** Rows with at least one token to predict; rows cut and rows skipped are counted. */
export const encodeDataset = (
  dataset: Dataset,
  encoder: Pick<Encoder, 'example'>,
  vocab: number,
  maxLength: number,
): E.Either<InputError, EncodedRows> =>
  pipe(
    encodeExamples(encoder, dataset.examples, maxLength),
    E.mapLeft((e): InputError => ({
      ...e,
      where: e.where === undefined ? dataset.name : `${dataset.name}, ${e.where}`,
    })),
    E.chain((encoded): E.Either<InputError, EncodedRows> => {
      for (const { example, promptTokens, responseTokens } of encoded.rows) {
        const bad = [...promptTokens, ...responseTokens].find(
          (id) => !Number.isInteger(id) || id < 0 || id >= vocab,
        )
        if (bad !== undefined)
          return E.left(
            badInput('BadRow', `holds the token ${bad}, the model's vocabulary has ${vocab}`, {
              where: `${dataset.name}, row ${example.id}`,
              remedy: 'check the tokenizer against the model',
            }),
          )
      }
      const rows = encoded.rows.filter((row) => predicted(row).length > 0)
      return E.right({ ...encoded, rows, skipped: encoded.skipped + encoded.rows.length - rows.length })
    }),
  )

/** A tokenizer may know fewer ids than the model has rows, never more. */
export const tokenizerFits = (tokenizer: Tokenizer | undefined, vocab: number): boolean =>
  tokenizer === undefined || tokenizer.size <= vocab
