/**
 * Rows of a data file, whatever its wrapping: JSONL (also gzipped), a JSON array, CSV. Each row keeps its own text byte for byte,
 * so that a filter can give kept rows back unchanged.
 */
import { extname } from 'node:path'
import { gunzip } from 'node:zlib'
import { promisify } from 'node:util'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { CsvError, type InfoRecord, parse as parseCsv } from 'csv-parse/sync'
import { type FormatError, type InputError, badInput, causeLine } from '../../contracts'
import { shownValue } from '../decode'
import { damaged, readBytes } from '../input'

// model ------------------------------------------------------------------------------------------

export interface Row {
  /** 1-based line of the file where the row starts. */
  readonly line: number
  /** The row's own text, without its line end. */
  readonly raw: string
  readonly value: Readonly<Record<string, unknown>>
}

export type DataError = FormatError | InputError

// errors -----------------------------------------------------------------------------------------

export const badRow = (path: string, line: number, message: string, remedy?: string): InputError =>
  badInput('BadRow', message, { where: `${path}:${line}`, remedy: remedy ?? 'mend or remove the row' })

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> =>
  typeof u === 'object' && u !== null && !Array.isArray(u)

const asObject = (path: string, line: number, raw: string, u: unknown): E.Either<InputError, Row> =>
  isRecord(u)
    ? E.right({ line, raw, value: u })
    : E.left(badRow(path, line, `must be a JSON object, but is ${shownValue(u)}`))

const parseLine = (path: string, line: number, raw: string): E.Either<InputError, Row> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(raw),
      (cause) => badRow(path, line, `is not JSON (${causeLine(cause)})`),
    ),
    E.chain((u) => asObject(path, line, raw, u)),
  )

// forms ------------------------------------------------------------------------------------------

type Parse = (path: string, text: string) => E.Either<InputError, ReadonlyArray<Row>>

/** Blank lines are passed over; a carriage return before the line end belongs to it. */
const parseJsonl: Parse = (path, text) => {
  const rows: Array<Row> = []
  let line = 0
  for (let from = 0; from < text.length;) {
    const newline = text.indexOf('\n', from)
    const end = newline === -1 ? text.length : newline
    line += 1
    const raw = text.slice(from, end > from && text[end - 1] === '\r' ? end - 1 : end)
    from = end + 1
    if (raw.trim() === '') continue
    const row = parseLine(path, line, raw)
    if (E.isLeft(row)) return row
    rows.push(row.right)
  }
  return E.right(rows)
}

/** The items of a JSON array that is known to be valid: their text without blanks between tokens, and the line they start on. */
const itemsOf = (text: string): ReadonlyArray<{ readonly line: number; readonly raw: string }> => {
  const items: Array<{ line: number; raw: string }> = []
  const tokens = /"(?:[^"\\]|\\.)*"|\n|[ \t\r]+|[[\]{},]|[^[\]{},"\s]+/g
  let depth = 0
  let line = 1
  let started = 1
  let parts: Array<string> = []
  const close = (): void => {
    if (parts.length > 0) items.push({ line: started, raw: parts.join('') })
    parts = []
  }
  for (const [token] of text.matchAll(tokens)) {
    if (token === '\n') line += 1
    else if (token.trim() !== '') {
      if (token === ']' || token === '}') depth -= 1
      if (depth === 0 || (depth === 1 && token === ',')) close()
      else {
        if (parts.length === 0) started = line
        parts.push(token)
      }
      if (token === '[' || token === '{') depth += 1
    }
  }
  return items
}

/** A JSON array of rows; a file that does not start with a bracket is read as JSON lines. */
const parseArray: Parse = (path, text) =>
  text.trimStart().startsWith('[')
    ? pipe(
        E.tryCatch(
          (): unknown => JSON.parse(text),
          (cause) => badRow(path, 1, `is not JSON (${causeLine(cause)})`, 'mend the file'),
        ),
        E.chain(() =>
          pipe(
            itemsOf(text),
            E.traverseArray(({ line, raw }) => parseLine(path, line, raw)),
          ),
        ),
      )
    : parseJsonl(path, text)

interface CsvRecord {
  readonly record: ReadonlyArray<string>
  readonly raw: string
  readonly info: InfoRecord
}
const isCsvRecord = (u: unknown): u is CsvRecord => isRecord(u) && Array.isArray(u['record'])

const withoutLineEnd = (raw: string): string => raw.replace(/^[\r\n]+/, '').replace(/[\r\n]+$/, '')

const parseTable: Parse = (path, text) =>
  pipe(
    E.tryCatch(
      (): ReadonlyArray<unknown> =>
        parseCsv(text, { raw: true, info: true, skip_empty_lines: true, relax_column_count: true }),
      (cause) =>
        badRow(
          path,
          cause instanceof CsvError && typeof cause['lines'] === 'number' ? cause['lines'] : 1,
          `is not CSV (${causeLine(cause)})`,
        ),
    ),
    E.map((records) => records.filter(isCsvRecord)),
    E.chain((records): E.Either<InputError, ReadonlyArray<Row>> => {
      const header = records[0]?.record ?? []
      const twice = header.find((name, i) => header.indexOf(name) !== i)
      if (twice !== undefined) return E.left(badRow(path, 1, `has the column ${shownValue(twice)} twice`))
      return pipe(
        records.slice(1),
        E.traverseArray((r) => {
          const raw = withoutLineEnd(r.raw)
          const line = r.info.lines - (raw.split('\n').length - 1)
          return r.record.length === header.length
            ? E.right({
                line,
                raw,
                value: Object.fromEntries(header.map((name, i) => [name, r.record[i] ?? ''])),
              })
            : E.left(badRow(path, line, `has ${r.record.length} columns, the header has ${header.length}`))
        }),
      )
    }),
  )

const parsers: ReadonlyMap<string, Parse> = new Map<string, Parse>([
  ['.jsonl', parseJsonl],
  ['.ndjson', parseJsonl],
  ['.json', parseArray],
  ['.csv', parseTable],
])

// reading ----------------------------------------------------------------------------------------

const inflate = promisify<Uint8Array, Uint8Array>(gunzip)

const textOf = (path: string, bytes: Uint8Array): TE.TaskEither<FormatError, string> =>
  pipe(
    path.endsWith('.gz')
      ? TE.tryCatch(
          () => inflate(bytes),
          (cause) => damaged(path, `is not gzip (${causeLine(cause)})`),
        )
      : TE.right(bytes),
    TE.chainEitherK((plain) =>
      E.tryCatch(
        () => new TextDecoder('utf-8', { fatal: true }).decode(plain),
        () => damaged(path, 'is not UTF-8 text', 'save the file as UTF-8'),
      ),
    ),
  )

/** The form is told by the name's ending; any other name is read as JSON lines. */
const parserOf = (path: string): Parse =>
  parsers.get(extname(path.endsWith('.gz') ? path.slice(0, -3) : path).toLowerCase()) ?? parseJsonl

/** The header line of a CSV file, which files made of its rows need again; undefined for other forms. */
export const readHeaderLine = (path: string): TE.TaskEither<FormatError, string | undefined> =>
  parserOf(path) === parseTable
    ? pipe(
        readBytes(path),
        TE.chain((bytes) => textOf(path, bytes)),
        TE.map((text) => text.split(/\r?\n/, 1)[0]),
      )
    : TE.right(undefined)

/** All rows of a JSONL, JSON or CSV file, decoded no further. @returns left `EmptyData` where there is none. */
export const readRows = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    readBytes(path),
    TE.chainW((bytes) => textOf(path, bytes)),
    TE.chainEitherKW((text) => parserOf(path)(path, text)),
    TE.filterOrElseW(
      (rows) => rows.length > 0,
      () => badInput('EmptyData' as const, 'holds no rows', { where: path, remedy: 'give a file with data' }),
    ),
  )
