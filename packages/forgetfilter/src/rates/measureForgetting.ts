/**
 * Forgetting rates of a data set (arXiv 2312.12736, section 4.1): train the aligned model on all of the noisy data (M1), fine-tune M1 on
 * safe data (M2), and rate every row by how much better M1 knows it than M2. What trains and runs the models is a port, so that
 * a command line, a benchmark and a test share this file.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Dataset,
  type Fault,
  type InputError,
  badInput,
  responseText,
} from '@safe/tensor-core/contracts'
import {
  type GroundTruth,
  type Named,
  type RateError,
  type RatedRow,
  forgettingRates,
  indexById,
} from './rates'
import { type Reference, pastCompletions } from './reference'
import { type Observation, type ObservedField, type Signal, observedField } from './signals'

// model ------------------------------------------------------------------------------------------

/**
 * What trains and observes models. `M` is a trained model: an adapter, or the folder that holds it. `forgettingPorts` makes
 * these from what a run provides; write your own to keep intermediate results.
 */
export interface ForgettingPorts<M, E extends Fault = Fault> {
  /** M1: the aligned model trained on all of the noisy data. */
  readonly learn: (noisy: Dataset) => TE.TaskEither<E, M>
  /** M2: M1 after some steps on the safe set. */
  readonly forget: (m1: M) => TE.TaskEither<E, M>
  /** A model's completions or scores of the rows; rows without a response token may be missing. */
  readonly observe: (
    model: M,
    data: Dataset,
    field: ObservedField,
  ) => TE.TaskEither<E, ReadonlyArray<Observation>>
}

// checks -----------------------------------------------------------------------------------------

/** What would fail after hours of training fails before it. */
const checked = (
  signal: Signal,
  reference: Reference,
  data: Dataset,
): E.Either<RateError | InputError, Dataset> =>
  pipe(
    indexById({ name: data.name, rows: data.examples }),
    E.filterOrElseW(
      () =>
        signal !== 'rouge' ||
        reference !== 'ground-truth' ||
        data.examples.every((e) => e.response.kind === 'text'),
      () =>
        badInput('BadRow', 'rouge compares words, but responses are token ids', {
          where: data.name,
          remedy: 'give text, or another signal such as first-token',
        }),
    ),
    E.map(() => data),
  )

/** Rows that neither observation has count as rows without a response token. */
const completed = (data: Dataset, one: Named<Observation>, two: Named<Observation>): typeof one => {
  const seen = new Set([...one.rows, ...two.rows].map((row) => row.id))
  const missing = data.examples.filter((e) => !seen.has(e.id))
  return { ...one, rows: [...one.rows, ...missing.map(({ id }) => ({ id, logProbs: [], correct: [] }))] }
}

const responsesOf = (data: Dataset): Named<GroundTruth> => ({
  name: data.name,
  rows: data.examples.map(({ id, response }) => ({ id, response: responseText(response) })),
})

// constructors -----------------------------------------------------------------------------------

/**
 * Forgetting rates r = s(M1) - s(M2) of all rows, in their order: two trainings, two observations of the data. `s` is the
 * signal's score. A rate is null where a row has no response token.
 *
 * @param reference what the completions of `rouge` are compared with: the responses, or M1's completions
 * @returns left `DuplicateId`, or `BadRow` where the signal cannot score the responses, before anything is trained; else what
 *   the ports end in.
 * @example
 * ```ts
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 * import { forgettingPorts, measureForgetting } from '@safe/forgetfilter'
 * import { selectEngine } from '@safe/tensor-core/engine'
 * import { readDataset } from '@safe/tensor-core/formats'
 * import { recipeDefaults } from '@safe/tensor-core/lm'
 * import { lmResources } from '@safe/tensor-core/pipeline'
 *
 * const recipe = { ...recipeDefaults, targetModules: ['all-linear'], lr: 2e-3, maxSteps: 5 }
 * const run = lmResources({ model: 'arena/models/aligned', recipe, seed: 42 })
 * const rates = pipe(
 *   selectEngine('auto'),
 *   TE.bindW('noisy', () => readDataset('arena/noisy.jsonl')),
 *   TE.bindW('safe', () => readDataset('arena/safe.jsonl')),
 *   TE.chainW(({ noisy, safe }) =>
 *     measureForgetting(forgettingPorts({ steps: 5 }, { ...run, safe }), 'first-token')(noisy),
 *   ),
 * )
 * void rates().then((result) => console.log(JSON.stringify(result).slice(0, 200)))
 * ```
 */
export const measureForgetting =
  <M, E extends Fault>(ports: ForgettingPorts<M, E>, signal: Signal, reference: Reference = 'ground-truth') =>
  (data: Dataset): TE.TaskEither<E | RateError | InputError, ReadonlyArray<RatedRow>> => {
    const field = observedField(signal)
    const look = (name: string, model: M): TE.TaskEither<E, Named<Observation>> =>
      pipe(
        ports.observe(model, data, field),
        TE.map((rows) => ({ name, rows })),
      )
    return pipe(
      TE.fromEither(checked(signal, reference, data)),
      TE.bindTo('noisy'),
      TE.bindW('m1', ({ noisy }) => ports.learn(noisy)),
      TE.bindW('m2', ({ m1 }) => ports.forget(m1)),
      TE.bindW('before', ({ m1 }) => look('M1', m1)),
      TE.bindW('after', ({ m2 }) => look('M2', m2)),
      TE.chainEitherKW(({ before, after }) =>
        forgettingRates(
          signal,
          completed(data, before, after),
          completed(data, after, before),
          reference === 'past-completion' ? pastCompletions(before, responsesOf(data)) : responsesOf(data),
        ),
      ),
    )
  }
