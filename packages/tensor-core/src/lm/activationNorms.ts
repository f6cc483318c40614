/** Norms of what an adapter's factors read while rows pass through the model with the adapter attached. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type InputNorms, type LmError, causeLine, failure } from '../contracts'
import { tf } from '../engine'
import { tokenBatch } from './decoder/batch'
import { type InputSquares, inputSquares } from './decoder/inputSquares'
import type { TrainingRun } from './training/request'
import { type AdapterSetup, adapterPlan, adapterSetup } from './training/setup'
import { turn } from './turn'
import { unlessStopped } from './unlessStopped'

// parts ------------------------------------------------------------------------------------------

const added = (sum: Float64Array | undefined, more: Float32Array): Float64Array =>
  Float64Array.from(more, (x, i) => x + (sum?.[i] ?? 0))

const roots = (sums: Float64Array): Float32Array => Float32Array.from(sums, Math.sqrt)

/** Sums of squares over all rows, batch by batch. */
const allSquares =
  ({ recipe: { batchSize }, signal }: TrainingRun, parameters: tf.Tensor) =>
  (setup: AdapterSetup): TE.TaskEither<LmError, ReadonlyMap<string, InputNorms>> => {
    const totals = new Map<string, { readonly input: Float64Array; readonly low: Float64Array }>()
    const add = (name: string, { input, low }: InputSquares): void => {
      const before = totals.get(name)
      totals.set(name, { input: added(before?.input, input), low: added(before?.low, low) })
    }
    const pass = (rows: AdapterSetup['encoded']['rows']): TE.TaskEither<LmError, void> =>
      TE.tryCatch(
        async () => {
          await turn()
          tf.tidy(() => {
            const { weights, factors } = setup.trainable.bind(parameters)
            inputSquares(weights, tokenBatch(rows), factors).forEach((found, name) => add(name, found))
          })
        },
        (cause) => failure('ModelFailed', causeLine(cause)),
      )
    return pipe(
      RA.chunksOf(batchSize)(setup.encoded.rows),
      TE.traverseSeqArray((rows) => unlessStopped(signal)(pass(rows))),
      TE.map(
        () =>
          new Map(
            [...totals].map(([name, { input, low }]) => [name, { input: roots(input), low: roots(low) }]),
          ),
      ),
    )
  }

// constructors -----------------------------------------------------------------------------------

/**
 * Norms over all tokens of all rows (prompt and response), one forward pass without dropout. Rows longer than the recipe's
 * `maxLength` are cut, `batchSize` of them are read at once.
 *
 * @param request `init` is the adapter; a new one without it
 */
export const activationNorms = (
  request: TrainingRun,
): TE.TaskEither<LmError, ReadonlyMap<string, InputNorms>> =>
  TE.bracket(
    pipe(
      adapterPlan(request),
      TE.chain(adapterSetup(request)),
      TE.map((setup) => ({ setup, parameters: tf.tensor1d(setup.start) })),
    ),
    ({ setup, parameters }) => allSquares(request, parameters)(setup),
    ({ setup, parameters }) =>
      TE.fromIO(() => {
        parameters.dispose()
        setup.dispose()
      }),
  )
