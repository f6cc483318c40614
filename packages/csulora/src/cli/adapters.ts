/** The adapter to correct: one folder, or the weighted sum of several. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { adapterFolder, commaSeparated, many, number, optional, required } from '@safe/tensor-core/cli'
import { type LoraAdapter, badInput } from '@safe/tensor-core/contracts'
import { readAdapter } from '@safe/tensor-core/formats'
import type { CsuloraError } from '../errors'
import { mergedAdapter } from '../mergeAdapters'

// options ----------------------------------------------------------------------------------------

/** `--adapter` and `--weights`. */
export const adapterOptions = {
  adapter: required(many(adapterFolder('PEFT adapter folder to correct; several are merged into their sum'))),
  weights: optional(commaSeparated(number('weight of each adapter in the sum; 1 where left out'))),
}

/** The adapters that are given, and their weights. */
interface AdapterChoice {
  readonly adapter: ReadonlyArray<string>
  readonly weights: ReadonlyArray<number> | undefined
}

// reading ----------------------------------------------------------------------------------------

const weightsOf = ({ adapter, weights }: AdapterChoice): E.Either<CsuloraError, ReadonlyArray<number>> =>
  weights === undefined
    ? E.right(adapter.map(() => 1))
    : weights.length === adapter.length
      ? E.right(weights)
      : E.left(
          badInput('BadOption', `has ${weights.length} numbers for ${adapter.length} adapters`, {
            field: 'weights',
            remedy: 'give one for each `adapter`',
          }),
        )

/** Reads the adapters and adds them up. */
export const adapterOf = (choice: AdapterChoice): TE.TaskEither<CsuloraError, LoraAdapter> =>
  pipe(
    TE.fromEither(weightsOf(choice)),
    TE.chainW((weights) =>
      pipe(
        choice.adapter,
        TE.traverseSeqArrayWithIndex((i, name) =>
          pipe(
            readAdapter(name),
            TE.map((adapter) => ({ adapter, name, weight: weights[i] ?? 1 })),
          ),
        ),
      ),
    ),
    TE.chainEitherKW(mergedAdapter),
  )
