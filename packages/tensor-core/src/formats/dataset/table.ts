/** Parsing CSV with a header line. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { CsvError, parse as parseCsv } from 'csv-parse/sync'
import { type InputError, causeLine } from '../../contracts'
import { shownValue } from '../../files/decode'
import { maxRowCharacters } from './limits'
import { type Row, badRow, isRecord } from './row'

interface CsvRecord {
  readonly record: ReadonlyArray<string>
  readonly raw: string
}
const isCsvRecord = (u: unknown): u is CsvRecord =>
  isRecord(u) && Array.isArray(u['record']) && typeof u['raw'] === 'string'

const isLineEnd = (c: string | undefined): boolean => c === '\n' || c === '\r'

/** Trims line ends. A regular expression would take quadratic time for a field full of line ends. */
const withoutLineEnds = (raw: string): string => {
  let from = 0
  let to = raw.length
  while (from < to && isLineEnd(raw[from])) from++
  while (to > from && isLineEnd(raw[to - 1])) to--
  return raw.slice(from, to)
}

/** Finds the line on which each text begins. Texts must be passed in the order in which they occur in the whole. */
const linesOf = (whole: string): ((raw: string) => number) => {
  const state = { at: 0, line: 1 }
  const pass = (to: number): void => {
    for (; state.at < to; state.at++) {
      const c = whole[state.at]
      if (c === '\n' || (c === '\r' && whole[state.at + 1] !== '\n')) state.line += 1
    }
  }
  return (raw) => {
    pass(Math.max(state.at, whole.indexOf(raw, state.at)))
    const { line } = state
    pass(state.at + raw.length)
    return line
  }
}

/** Parses rows as records by column name; every row must have as many columns as the header. */
export const parseTable = (path: string, text: string): E.Either<InputError, ReadonlyArray<Row>> =>
  pipe(
    E.tryCatch(
      (): ReadonlyArray<unknown> =>
        parseCsv(text, {
          raw: true,
          skip_empty_lines: true,
          // lines of one file may end differently
          record_delimiter: ['\r\n', '\n', '\r'],
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
      const lineOf = linesOf(text)
      lineOf(withoutLineEnds(records[0]?.raw ?? ''))
      const names = new Set<string>()
      const twice = header.find((name) => names.size === names.add(name).size)
      if (twice !== undefined) return E.left(badRow(path, 1, `has the column ${shownValue(twice)} twice`))
      return pipe(
        records.slice(1),
        E.traverseArray((r) => {
          const raw = withoutLineEnds(r.raw)
          const line = lineOf(raw)
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
