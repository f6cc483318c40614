/**
 * SafeDecoding's expert as its authors make it (arXiv 2402.08983, section 4.2): the aligned model, fine-tuned on refusals. Here it is an
 * adapter trained on the run's safe rows with the run's recipe, at the authors' rate and number of epochs.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type CausalLM,
  type Dataset,
  type Fault,
  type InputError,
  type Resources,
  badInput,
} from '@safe/tensor-core/contracts'
import type { SafeDecodingTunedOptions } from '../options'

/** Rows that an expert can be trained on. Left `EmptyData` where there are none. */
export const expertRows = (safe: Dataset): E.Either<InputError, Dataset> =>
  safe.examples.length > 0
    ? E.right(safe)
    : E.left(
        badInput('EmptyData', 'has no rows, and the expert is trained on them', {
          where: 'safe',
          remedy: 'give safe rows, or use safe-decoding, whose expert is the aligned model as it is',
        }),
      )

/** The aligned model with an adapter trained on these rows. The caller disposes of it. */
export const tunedExpert =
  ({ train, model }: Pick<Resources, 'train' | 'model'>, rows: Dataset) =>
  ({ lr, epochs }: Pick<SafeDecodingTunedOptions, 'lr' | 'epochs'>): TE.TaskEither<Fault, CausalLM> =>
    pipe(
      TE.Do,
      TE.chain(() => train(rows, { lr, epochs })),
      TE.chain(model),
    )
