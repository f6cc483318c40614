/** Adapters that a method trains for itself, with the run's own recipe and seed. */
import * as TE from 'fp-ts/TaskEither'
import {
  type Dataset,
  type Fault,
  type LoraAdapter,
  type Resources,
  badInput,
} from '@safe/tensor-core/contracts'

/** An adapter trained on these rows. @param where the resource that they are. Left `EmptyData` where there are none. */
export const trainedOn = (
  train: Resources['train'],
  rows: Dataset,
  where: string,
): TE.TaskEither<Fault, LoraAdapter> =>
  rows.examples.length === 0
    ? TE.left(
        badInput('EmptyData', 'has no rows, and an adapter is to be trained on them', {
          where,
          remedy: `give rows as ${where}`,
        }),
      )
    : train(rows)
