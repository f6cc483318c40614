/** JSON lines, parsed piece by piece as a file is read, so that the file is never one string. Blank lines are skipped. */
import * as E from 'fp-ts/Either'
import { unsupported } from '../../files/input'
import { maxRowCharacters, memoryLimit } from './limits'
import { rowBytes } from './memory'
import { type DataError, type Row, badRow, parseLine } from './row'

// model ------------------------------------------------------------------------------------------

export interface LineReader {
  /** Parses the next piece of text. @returns left: the first bad row */
  readonly push: (text: string) => E.Either<DataError, void>
  /** Parses the last line, which may lack its line end, and returns all rows. */
  readonly end: () => E.Either<DataError, ReadonlyArray<Row>>
}

// reading ----------------------------------------------------------------------------------------

const tooLong = (path: string, line: number): DataError =>
  badRow(path, line, `is longer than ${maxRowCharacters} characters`, 'check that the file has line ends')

const tooMuch = (path: string, line: number): DataError =>
  unsupported(
    path,
    `holds more than this process has memory for (reached in line ${line})`,
    'split the file, or allow more with NODE_OPTIONS=--max-old-space-size=MEGABYTES',
  )

/** A reader of JSON lines; a line may end in CR LF. @param limit bytes of memory that all rows together may take */
export const lineReader = (path: string, limit = memoryLimit()): LineReader => {
  const rows: Array<Row> = []
  const state = { line: 0, parts: new Array<string>(), pending: 0, bytes: 0 }
  const take = (piece: string): E.Either<DataError, void> => {
    const text = state.parts.length === 0 ? piece : [...state.parts, piece].join('')
    state.parts = []
    state.pending = 0
    state.line += 1
    if (text.length > maxRowCharacters) return E.left(tooLong(path, state.line))
    const raw = text.endsWith('\r') ? text.slice(0, -1) : text
    if (raw.trim() === '') return E.right(undefined)
    state.bytes += rowBytes(raw)
    if (state.bytes > limit) return E.left(tooMuch(path, state.line))
    const row = parseLine(path, state.line, raw)
    if (E.isLeft(row)) return row
    rows.push(row.right)
    return E.right(undefined)
  }
  return {
    push: (text) => {
      let from = 0
      for (let newline = text.indexOf('\n'); newline !== -1; newline = text.indexOf('\n', from)) {
        if (newline === from && state.parts.length === 0) {
          state.line += 1
          from += 1
          continue
        }
        const taken = take(text.slice(from, newline))
        if (E.isLeft(taken)) return taken
        from = newline + 1
      }
      if (from < text.length) {
        state.parts.push(text.slice(from))
        state.pending += text.length - from
      }
      return state.pending > maxRowCharacters ? E.left(tooLong(path, state.line + 1)) : E.right(undefined)
    },
    end: () => {
      const last = state.parts.length === 0 ? E.right(undefined) : take('')
      return E.isLeft(last) ? last : E.right(rows)
    },
  }
}

/** Parses all rows of a text in memory. */
export const parseJsonl = (path: string, text: string): E.Either<DataError, ReadonlyArray<Row>> => {
  const reader = lineReader(path)
  const pushed = reader.push(text)
  return E.isLeft(pushed) ? pushed : reader.end()
}
