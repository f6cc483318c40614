/**
 * Fields of rows of any JSONL or CSV file, as text or as numbers; an error for a missing field or a wrong type names file and
 * line.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { readRows } from '@safe/tensor-core/formats'

// model ------------------------------------------------------------------------------------------

export interface Row {
  readonly id: string
  /** `file:line` */
  readonly where: string
  readonly value: Readonly<Record<string, unknown>>
}

// reading ----------------------------------------------------------------------------------------

const idOf = (value: Readonly<Record<string, unknown>>, place: number): string => {
  const { id } = value
  return typeof id === 'string' ? id : typeof id === 'number' ? String(id) : String(place)
}

/** An empty file is an error. */
export const rowsOf = (path: string): TE.TaskEither<Fault, ReadonlyArray<Row>> =>
  pipe(
    readRows(path),
    TE.map((rows) =>
      rows.map(({ line, value }, place) => ({ id: idOf(value, place), where: `${path}:${line}`, value })),
    ),
    TE.filterOrElseW(
      (rows) => rows.length > 0,
      (): Fault =>
        badInput('EmptyData', 'contains no rows', { where: path, remedy: 'give a file with rows' }),
    ),
  )

// fields -----------------------------------------------------------------------------------------

const missing = ({ where, value }: Row, field: string, kind: string): Fault =>
  badInput('BadRow', `field ${field} ${field in value ? `must be ${kind}` : 'is missing'}`, {
    where,
    remedy: `the row has ${Object.keys(value).slice(0, 8).join(', ')}`,
  })

/** A field as text; numbers and booleans become their text. */
export const textField =
  (field: string) =>
  (row: Row): E.Either<Fault, string> => {
    const x = row.value[field]
    return typeof x === 'string'
      ? E.right(x)
      : typeof x === 'number' || typeof x === 'boolean'
        ? E.right(String(x))
        : E.left(missing(row, field, 'text'))
  }

/** A field as a number; text with a number (CSV) is parsed, true and false are 1 and 0. */
export const numberField =
  (field: string) =>
  (row: Row): E.Either<Fault, number> => {
    const x = row.value[field]
    const n =
      typeof x === 'number'
        ? x
        : typeof x === 'boolean' || x === 'true' || x === 'false'
          ? Number(x === true || x === 'true')
          : typeof x === 'string' && x.trim() !== ''
            ? Number(x)
            : Number.NaN
    return Number.isFinite(n) ? E.right(n) : E.left(missing(row, field, 'a number'))
  }
