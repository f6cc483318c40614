/** Gradients without training: what scoring of references and rows needs. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, GradientOracle } from '../contracts'
import { tf } from '../engine'
import { adapterBench, adapterPlan } from './training/bench'
import type { TrainingError, TrainingRequest } from './training/request'
import { oracleFor } from './training/run'

/** Gradients of an opened model, with the rows they can be taken of. `dispose` frees the model. */
export interface OpenOracle {
  readonly oracle: GradientOracle<tf.Tensor>
  /** Rows of the data that have a response token, with their numbers in it. */
  readonly rows: ReadonlyArray<{ readonly example: Example; readonly number: number }>
  readonly dispose: () => void
}

/** Gradients of an adapter's factors (a fresh adapter's, or those of `init`) without training it. */
export const openGradientOracle = (request: TrainingRequest): TE.TaskEither<TrainingError, OpenOracle> =>
  pipe(
    adapterPlan(request),
    TE.chain(adapterBench(request)),
    TE.map((bench) => {
      const parameters = tf.tensor1d(bench.start)
      return {
        oracle: oracleFor(request, bench, () => parameters).oracle,
        rows: bench.encoded.rows.map(({ example, index }) => ({ example, number: index })),
        dispose: () => {
          parameters.dispose()
          bench.dispose()
        },
      }
    }),
  )
