/** Writing JSON lines atomically, streamed in parts of about a megabyte. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { type FormatError, causeLine, failure } from '../../contracts'
import { writeParts } from '../../files/output'

const partCharacters = 1 << 20

/** Collects rows until a part is full; undefined at the end. */
const nextPart = (rows: Iterator<unknown>, lineOf: (row: unknown) => string): string | undefined => {
  const lines: Array<string> = []
  for (let length = 0; length < partCharacters;) {
    const next = rows.next()
    if (next.done === true) break
    const line = `${lineOf(next.value)}\n`
    length += line.length
    lines.push(line)
  }
  return lines.length === 0 ? undefined : lines.join('')
}

const writeLines = (
  path: string,
  rows: Iterable<unknown>,
  lineOf: (row: unknown) => string,
): TE.TaskEither<FormatError, void> =>
  writeParts(path, (write) => async () => {
    const iterator = rows[Symbol.iterator]()
    for (;;) {
      const part = E.tryCatch(
        () => nextPart(iterator, lineOf),
        (cause) => failure('WriteFailed', causeLine(cause), { where: path }),
      )
      if (E.isLeft(part)) return part
      if (part.right === undefined) return E.right(undefined)
      const written = await write(Buffer.from(part.right, 'utf8'))()
      if (E.isLeft(written)) return written
    }
  })

/** Writes one JSON document per line; rows are taken from the iterable as they are written. */
export const writeJsonl = (path: string, rows: Iterable<unknown>): TE.TaskEither<FormatError, void> =>
  writeLines(path, rows, (row) => JSON.stringify(row))

/** Writes rows by their own text (`Example.raw`), byte for byte. @param header first line of a CSV file */
export const writeRaw = (
  path: string,
  rows: Iterable<{ readonly raw: string }>,
  header?: string,
): TE.TaskEither<FormatError, void> => {
  const lines = function* (): Generator<string> {
    if (header !== undefined) yield header
    for (const { raw } of rows) yield raw
  }
  return writeLines(path, lines(), String)
}
