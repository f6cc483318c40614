/** Gradients without training: what scoring of references and rows needs. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, GradientOracle, LmError } from '../contracts'
import { tf } from '../engine'
import type { TrainingRun } from './training/request'
import { oracleFor } from './training/run'
import { adapterPlan, adapterSetup } from './training/setup'

/** Gradients of an opened model, with the rows they can be taken of. `dispose` frees the model. */
export interface OpenOracle {
  readonly oracle: GradientOracle<tf.Tensor>
  /** Rows of the data that have a response token, with their numbers in it. */
  readonly rows: ReadonlyArray<{ readonly example: Example; readonly number: number }>
  readonly dispose: () => void
}

/** Gradients of an adapter's factors (a fresh adapter's, or those of `init`) without training it. */
export const openGradientOracle = (request: TrainingRun): TE.TaskEither<LmError, OpenOracle> =>
  pipe(
    adapterPlan(request),
    TE.chain(adapterSetup(request)),
    TE.map((setup) => {
      const parameters = tf.tensor1d(setup.start)
      return {
        oracle: oracleFor(request, setup, () => parameters).oracle,
        rows: setup.encoded.rows.map(({ example, index }) => ({ example, number: index })),
        dispose: () => {
          parameters.dispose()
          setup.dispose()
        },
      }
    }),
  )
