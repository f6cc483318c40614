/**
 * ForgetFilter (arXiv 2312.12736): train the aligned model on all of the noisy data (M1), fine-tune M1 on safe data (M2), and drop
 * the rows that M2 has forgotten. What trains and what runs the models is lent as ports, so that a command line, a benchmark and
 * a test share this file.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Dataset,
  type Fault,
  type Parameters,
  badInput,
  failure,
  responseText,
} from '@safe/tensor-core/contracts'
import { type Audit, type FilterRule, auditRates, keptIds } from './audit'
import { type Named, type RatedRow, forgettingRates, indexById } from './rates'
import { type Observation, type ObservedField, type Signal, observedField } from './signals'

// model ------------------------------------------------------------------------------------------

/** What ForgetFilter borrows. `M` is a trained model: an adapter, or the folder it lies in. */
export interface ForgettingPorts<M> {
  /** M1: the aligned model trained on all of the noisy data. */
  readonly learn: (noisy: Dataset) => TE.TaskEither<Fault, M>
  /** M2: M1 after some steps on the safe set. */
  readonly forget: (m1: M) => TE.TaskEither<Fault, M>
  /** What a model makes of the rows; rows without a response token may be missing. */
  readonly observe: (
    model: M,
    data: Dataset,
    field: ObservedField,
  ) => TE.TaskEither<Fault, ReadonlyArray<Observation>>
}

/** The rule, and the signal that rates are differences of. */
export interface ForgetFilterOptions extends FilterRule {
  readonly signal: Signal
}

// checks -----------------------------------------------------------------------------------------

/** What would fail after hours of training fails before it. */
const checked = (signal: Signal, data: Dataset): E.Either<Fault, Dataset> =>
  pipe(
    indexById({ name: data.name, rows: data.examples }),
    E.filterOrElseW(
      () => signal !== 'rouge' || data.examples.every((e) => e.response.kind === 'text'),
      () =>
        badInput('BadRow', 'rouge compares words, but responses are token ids', {
          where: data.name,
          remedy: 'give text, or --signal first-token',
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

// constructors -----------------------------------------------------------------------------------

/** Forgetting rates of all rows: two trainings, two looks at the data. */
export const measureForgetting =
  <M>(ports: ForgettingPorts<M>, signal: Signal) =>
  (data: Dataset): TE.TaskEither<Fault, ReadonlyArray<RatedRow>> => {
    const field = observedField(signal)
    const look = (name: string, model: M): TE.TaskEither<Fault, Named<Observation>> =>
      pipe(
        ports.observe(model, data, field),
        TE.map((rows) => ({ name, rows })),
      )
    return pipe(
      TE.fromEither(checked(signal, data)),
      TE.bindTo('noisy'),
      TE.bind('m1', ({ noisy }) => ports.learn(noisy)),
      TE.bind('m2', ({ m1 }) => ports.forget(m1)),
      TE.bind('before', ({ m1 }) => look('M1', m1)),
      TE.bind('after', ({ m2 }) => look('M2', m2)),
      TE.chainEitherKW(({ before, after }) =>
        forgettingRates(signal, completed(data, before, after), completed(data, after, before), {
          name: data.name,
          rows: data.examples.map(({ id, response }) => ({ id, response: responseText(response) })),
        }),
      ),
    )
  }

/** @returns left `Abstained` where the method found no threshold. */
export const settled = (audit: Audit): E.Either<Fault, Audit> =>
  audit.threshold.abstained
    ? E.left(
        failure('Abstained', `no threshold by ${audit.threshold.method}: ${audit.threshold.reason}`, {
          remedy: 'look at the rates and give a fixed phi',
        }),
      )
    : E.right(audit)

/** The defence: noisy data in, the rows that were not forgotten out, in order and unchanged. */
export const forgetFilter = <M>(
  ports: ForgettingPorts<M>,
  options: ForgetFilterOptions,
  parameters: Parameters = { ...options },
): DataDefence => ({
  stage: 'data',
  name: 'forgetfilter',
  parameters,
  apply: (data) =>
    pipe(
      data,
      measureForgetting(ports, options.signal),
      TE.chainEitherKW((rates) => settled(auditRates(options, rates))),
      TE.map((audit) => {
        const kept = keptIds(options, audit)
        return { ...data, examples: data.examples.filter((e) => kept.has(e.id)) }
      }),
    ),
})
