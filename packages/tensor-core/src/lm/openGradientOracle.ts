/** Gradients without training: what scoring of references and rows needs. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Example, Fault, GradientOracle, LmError, OpenGradients } from '../contracts'
import { tf } from '../engine'
import type { EncodedExample } from '../text'
import type { TrainingRun } from './training/request'
import { oracleFor } from './training/run'
import { adapterPlan, adapterSetup } from './training/setup'
import { unlessStopped } from './unlessStopped'

// model ------------------------------------------------------------------------------------------

/** Gradients of an opened model, with the rows they can be taken of. `dispose` frees the model. */
export interface OpenOracle extends OpenGradients<tf.Tensor> {
  readonly dispose: () => void
}

// parts ------------------------------------------------------------------------------------------

const openingOf = (
  row: Example,
  { promptTokens, responseTokens }: EncodedExample,
  tokens: number,
): Example => ({
  ...row,
  prompt: { kind: 'tokens', tokens: promptTokens },
  response: { kind: 'tokens', tokens: responseTokens.slice(0, tokens) },
})

/** The oracle, whose passes end in `Interrupted` once the signal is aborted. */
const stoppable = <G>(oracle: GradientOracle<G>, signal: AbortSignal): GradientOracle<G> => {
  const unless = unlessStopped(signal)
  return {
    ...oracle,
    gradients: (batch, pass) => unless(oracle.gradients(batch, pass)),
    mean: (batch, pass, weights) => unless(oracle.mean(batch, pass, weights)),
    losses: (batch) => unless(oracle.losses(batch)),
    ...(oracle.preservation === undefined ? {} : { preservation: stoppable(oracle.preservation, signal) }),
  }
}

// constructors -----------------------------------------------------------------------------------

/** Gradients of an adapter's factors (a fresh adapter's, or those of `init`) without training it. */
export const openGradientOracle = (request: TrainingRun): TE.TaskEither<LmError, OpenOracle> =>
  pipe(
    adapterPlan(request),
    TE.chain(adapterSetup(request)),
    TE.map((setup) => {
      const parameters = tf.tensor1d(setup.start)
      const { oracle, encode } = oracleFor(request, setup, () => parameters)
      return {
        oracle: request.signal === undefined ? oracle : stoppable(oracle, request.signal),
        rows: setup.encoded.rows.map(({ example, index }) => ({ example, number: index })),
        batchSize: request.recipe.batchSize,
        opening: (row, tokens) =>
          pipe(
            encode(row),
            E.map((encoded) => openingOf(row, encoded, tokens)),
          ),
        dispose: () => {
          parameters.dispose()
          setup.dispose()
        },
      }
    }),
  )

/** Opens gradients, runs `use` with them, and frees them, whatever it ends in. */
export const withGradients = <E extends Fault, A>(
  request: TrainingRun,
  use: (opened: OpenGradients<tf.Tensor>) => TE.TaskEither<E, A>,
): TE.TaskEither<E | LmError, A> =>
  TE.bracketW(openGradientOracle(request), use, ({ dispose }) => TE.fromIO(dispose))
