/** Writes `results.json`. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeParts } from '@safe/tensor-core/files'
import type { Results } from './results'

const encoder = new TextEncoder()

/** Elements of a list whose text is made at once. */
const perPart = 200
/** The longest list whose elements are indented; of a longer one each is a line, which makes a third of the text. */
const longestIndented = 5000

/**
 * The text of results as JSON, in parts: the results of very many cells are longer than a string may be, and need not be in memory twice.
 * It is that of `JSON.stringify(results, null, 1)`, except that each element of a very long list is one line. `listingFile.ts` reads it
 * line by line.
 */
export const resultsText = function* (results: Results): Generator<string> {
  const fields: ReadonlyArray<readonly [string, unknown]> = Object.entries(results)
  const entries = fields.filter(([, value]) => value !== undefined)
  for (const [i, [name, value]] of entries.entries()) {
    yield `${i === 0 ? '{' : ','}\n ${JSON.stringify(name)}: `
    const list: ReadonlyArray<unknown> | undefined = Array.isArray(value) ? value : undefined
    if (list === undefined || list.length === 0) {
      yield JSON.stringify(value, null, 1).replaceAll('\n', '\n ')
      continue
    }
    const text = (element: unknown): string =>
      list.length > longestIndented
        ? JSON.stringify(element)
        : JSON.stringify(element, null, 1).replaceAll('\n', '\n  ')
    for (let from = 0; from < list.length; from += perPart)
      yield list
        .slice(from, from + perPart)
        .map((element, j) => `${from + j === 0 ? '[' : ','}\n  ${text(element)}`)
        .join('')
    yield '\n ]'
  }
  yield '\n}\n'
}

/** Writes `results.json` in one step. */
export const writeResults = (out: string, results: Results): TE.TaskEither<Fault, void> =>
  writeParts(join(out, 'results.json'), (write) => async () => {
    for (const part of resultsText(results)) {
      const written = await write(encoder.encode(part))()
      if (E.isLeft(written)) return written
    }
    return E.right(undefined)
  })
