/** A task's rows in two, where neither part may be empty. */
import * as E from 'fp-ts/Either'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { heldOut } from '../../continual/buffer'

// model ------------------------------------------------------------------------------------------

/** Rows to learn, and rows to be measured on. */
export interface Parts {
  readonly train: Dataset
  readonly test: Dataset
}

/** How a task is divided. */
export interface Division {
  readonly holdout: number
  readonly seed: number
  /** The task's place among the tasks, from 0. */
  readonly place: number
  /** The option that names held-out rows in a file, for the message. */
  readonly instead: 'tests' | 'validation'
}

// constructors -----------------------------------------------------------------------------------

/** @returns left `EmptyData` where the share leaves nothing to learn, or nothing to be measured on */
export const heldOutRows = (
  task: Dataset,
  { holdout, seed, place, instead }: Division,
): E.Either<Fault, Parts> => {
  const parts = heldOut(task, holdout, { seed, place })
  const [train, test] = [parts.train.examples.length, parts.test.examples.length]
  return train > 0 && test > 0
    ? E.right(parts)
    : E.left(
        badInput(
          'EmptyData',
          `has ${train + test} ${train + test === 1 ? 'row' : 'rows'}: a share of ${holdout} held out leaves ${train} to learn and ${test} to be measured on`,
          { where: task.name, remedy: `give more rows, another \`holdout\`, or \`${instead}\`` },
        ),
      )
}
