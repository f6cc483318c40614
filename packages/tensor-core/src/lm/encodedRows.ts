/** A dataset as rows of tokens for an opened model: the input of training, scoring and selection. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Dataset, type LmError, badInput } from '../contracts'
import type { EncodedRows } from '../text'
import type { OpenedModel } from './openModel'
import { encodeDataset } from './rows'

/**
 * Rows with at least one token to predict.
 *
 * @param maxLength tokens per row; longer rows are cut on the right
 * @returns left `BadRow` for a token the model does not know, `EmptyData` where no row has a response token
 */
export const encodedRows = (
  { encoder, folder }: OpenedModel,
  dataset: Dataset,
  maxLength: number,
): E.Either<LmError, EncodedRows> =>
  pipe(
    encodeDataset(dataset, encoder, folder.config.vocabSize, maxLength),
    E.filterOrElseW(
      ({ rows }) => rows.length > 0,
      (): LmError =>
        badInput('EmptyData', 'holds no row with a response token', {
          where: dataset.name,
          remedy: 'check the rows and `maxLength`',
        }),
    ),
  )
