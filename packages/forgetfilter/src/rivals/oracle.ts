/**
 * The upper bound of every data filter: drops the rows that are labelled harmful. It knows what no filter knows, so it is no method:
 * it says how much of an attack the best possible choice of rows could prevent.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type DataDefence,
  type Example,
  type Fidelity,
  type InputError,
  type RecordDiagnostics,
  badInput,
  dataDefence,
} from '@safe/tensor-core/contracts'
import {
  type Values,
  checked,
  completed,
  definePlugin,
  parametersOf,
  text,
  withDefault,
} from '@safe/tensor-core/options'
import { dropDiagnostics, labelField, labelOf } from '../diagnostics'

// options ----------------------------------------------------------------------------------------

/** The options of the oracle. */
export const oracleOptions = {
  field: withDefault(
    labelField,
    text('field of a row that is 1 or true where the row is harmful, else 0 or false'),
  ),
}
/** Their values. */
export type OracleOptions = Values<typeof oracleOptions>

const fidelity: Fidelity = {
  source: 'Upper bound: what a filter without errors would do.',
  formula: 'Keeps the rows whose label is 0 or false.',
  defaults: 'The field `unsafe`, as in the data that `redorca build` and the arena write.',
  differs: 'Not a published method, and none that could be used: it reads the labels.',
}

// steps ------------------------------------------------------------------------------------------

const unlabelled = (field: string, { id }: Example): InputError =>
  badInput('BadRow', `has no label 0 or 1 in the field ${field}`, {
    where: `row ${id}`,
    remedy: 'label every row, name the field that holds the labels as `field`, or leave the oracle out',
  })

/** The rows that are not labelled harmful. Left `BadRow`: a row without a label. */
export const benignRows = (
  rows: ReadonlyArray<Example>,
  field: string,
): E.Either<InputError, ReadonlyArray<Example>> =>
  pipe(
    rows,
    E.traverseArray((row) =>
      pipe(
        labelOf(row, field),
        E.fromNullable(unlabelled(field, row)),
        E.map((harmful) => ({ row, harmful })),
      ),
    ),
    E.map((all) => all.filter(({ harmful }) => !harmful).map(({ row }) => row)),
  )

// constructors -----------------------------------------------------------------------------------

/** Drops the rows that are labelled harmful; the others keep their order and their bytes. */
export const oracle = (
  options: Partial<OracleOptions> = {},
  record: RecordDiagnostics = () => undefined,
): DataDefence<InputError> =>
  dataDefence({
    name: 'oracle',
    parameters: parametersOf(oracleOptions, completed(oracleOptions, options)),
    apply: (data) =>
      pipe(
        checked(oracleOptions, options),
        E.chain(({ field }) => benignRows(data.examples, field)),
        E.map((examples) => {
          const left = { ...data, examples }
          record(dropDiagnostics(data, left))
          return left
        }),
        TE.fromEither,
      ),
  })

export const oraclePlugin = definePlugin({
  name: 'oracle',
  stage: 'data',
  summary: 'upper bound: drops the rows that are labelled harmful',
  options: oracleOptions,
  needs: [],
  fidelity,
  make: (options, _, record) => TE.right(oracle(options, record)),
})
