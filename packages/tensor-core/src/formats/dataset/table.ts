/** CSV with a header line. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { CsvError, type InfoRecord, parse as parseCsv } from 'csv-parse/sync'
import { type InputError, causeLine } from '../../contracts'
import { shownValue } from '../decode'
import { maxRowCharacters } from './limits'
import { type Row, badRow, isRecord } from './row'

interface CsvRecord {
  readonly record: ReadonlyArray<string>
  readonly raw: string
  readonly info: InfoRecord
}
const isCsvRecord = (u: unknown): u is CsvRecord => isRecord(u) && Array.isArray(u['record'])

const withoutLineEnd = (raw: string): string => raw.replace(/^[\r\n]+/, '').replace(/[\r\n]+$/, '')

/** Rows by column name; every row must have as many columns as the header. */
export const parseTable = (path: string, text: string): E.Either<InputError, ReadonlyArray<Row>> =>
  pipe(
    E.tryCatch(
      (): ReadonlyArray<unknown> =>
        parseCsv(text, {
          raw: true,
          info: true,
          skip_empty_lines: true,
          relax_column_count: true,
          max_record_size: maxRowCharacters,
        }),
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
      const names = new Set<string>()
      const twice = header.find((name) => names.size === names.add(name).size)
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
