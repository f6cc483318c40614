/** A JSON array of rows. Each item keeps its spelling, on one line. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type InputError, causeLine } from '../../contracts'
import { parseJsonl } from './jsonl'
import { type Row, badRow, parseLine } from './row'

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
export const parseArray = (path: string, text: string): E.Either<InputError, ReadonlyArray<Row>> =>
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
