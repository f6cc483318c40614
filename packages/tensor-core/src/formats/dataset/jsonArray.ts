/** Reading a JSON array of rows. Each item keeps its own text, without the blanks between tokens. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { causeLine } from '../../contracts'
import { stringEnd } from '../../files/strictJson'
import { parseJsonl } from './jsonl'
import { type DataError, type Row, badRow, parseLine } from './row'

/** The items of a valid JSON array: their text without blanks between tokens, and the line on which they start. */
const itemsOf = (text: string): ReadonlyArray<{ readonly line: number; readonly raw: string }> => {
  const items: Array<{ line: number; raw: string }> = []
  const state = { depth: 0, line: 1, started: 1, parts: new Array<string>() }
  const close = (): void => {
    if (state.parts.length > 0) items.push({ line: state.started, raw: state.parts.join('') })
    state.parts = []
  }
  const add = (from: number, to: number): void => {
    if (state.parts.length === 0) state.started = state.line
    state.parts.push(text.slice(from, to))
  }
  /** Inside an item, characters without blanks between them are copied together; `run` is the index of the first. */
  let run = -1
  const endRun = (to: number): void => {
    if (run !== -1 && to > run) add(run, to)
    run = -1
  }
  for (let i = text.indexOf('['); i < text.length; i++) {
    const c = text[i]
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
      endRun(i)
      if (c === '\n') state.line += 1
      continue
    }
    if (c === ']' || c === '}') state.depth -= 1
    if (state.depth === 0 || (state.depth === 1 && c === ',')) {
      endRun(i)
      close()
    } else if (run === -1) run = i
    if (c === '[' || c === '{') state.depth += 1
    if (c === '"') i = stringEnd(text, i) - 1
  }
  return items
}

/** Parses a JSON array of rows; a text that does not start with a bracket is parsed as JSON lines. */
export const parseArray = (path: string, text: string): E.Either<DataError, ReadonlyArray<Row>> =>
  text.trimStart().startsWith('[')
    ? pipe(
        E.tryCatch(
          (): unknown => JSON.parse(text),
          (cause) => badRow(path, 1, `is not JSON (${causeLine(cause)})`, 'correct the file'),
        ),
        E.chain(() =>
          pipe(
            itemsOf(text),
            E.traverseArray(({ line, raw }) => parseLine(path, line, raw)),
          ),
        ),
      )
    : parseJsonl(path, text)
