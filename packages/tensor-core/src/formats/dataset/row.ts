/** One row of a data file: its line, its own text, its value. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type FormatError, type InputError, badInput, causeLine } from '../../contracts'
import { shownValue } from '../../files/decode'
import { isTooDeep, maxJsonDepth } from '../../files/jsonDepth'

// model ------------------------------------------------------------------------------------------

/** A row as it is in the file. */
export interface Row {
  /** 1-based line of the file where the row starts; in Parquet, which has no lines, the row's 1-based number. */
  readonly line: number
  /** The row's own text, without its line end; in Parquet, the row as a line of JSON. */
  readonly raw: string
  readonly value: Readonly<Record<string, unknown>>
}

/** The errors of reading a data file: the file cannot be read, or a row cannot be used. */
export type DataError = FormatError | InputError

// errors -----------------------------------------------------------------------------------------

export const badRow = (path: string, line: number, message: string, remedy?: string): InputError =>
  badInput('BadRow', message, { where: `${path}:${line}`, remedy: remedy ?? 'correct or remove the row' })

export const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const asObject = (path: string, line: number, raw: string, u: unknown): E.Either<InputError, Row> =>
  isRecord(u)
    ? E.right({ line, raw, value: u })
    : E.left(badRow(path, line, `must be a JSON object, but is ${shownValue(u)}`))

/** Parses a line of JSON to a row. */
export const parseLine = (path: string, line: number, raw: string): E.Either<InputError, Row> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(raw),
      (cause) => badRow(path, line, `is not JSON (${causeLine(cause)})`),
    ),
    E.filterOrElse(
      (u) => !isTooDeep(u),
      () => badRow(path, line, `is nested more than ${maxJsonDepth} levels deep`),
    ),
    E.chain((u) => asObject(path, line, raw, u)),
  )
