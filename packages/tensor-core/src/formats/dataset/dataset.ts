/** A data file as a `Dataset`: every row in one of the known forms, in file order. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Example, InputError } from '../../contracts'
import { shownValue } from '../../files/decode'
import { turnRow } from './forms'
import { type DataError, type Row, badRow } from './row'
import { readRows } from './rows'

// rows -------------------------------------------------------------------------------------------

/** `id` is kept as text; without one it is the row's zero-based number. */
const idOf = (id: unknown, index: number): E.Either<string, string> =>
  id === undefined || id === null || id === ''
    ? E.right(String(index))
    : typeof id === 'string' || typeof id === 'number'
      ? E.right(String(id))
      : E.left(`field id must be text or a number, but is ${shownValue(id)}`)

/** One row as an example. @param path and @param index say where it stands, for messages and for its id */
export const exampleOf = (path: string, row: Row, index: number): E.Either<InputError, Example> =>
  pipe(
    E.Do,
    E.bind('id', () => idOf(row.value['id'], index)),
    E.bind('turned', () => turnRow(row.value)),
    E.map(({ id, turned: { prompt, response, used } }) => ({
      id,
      prompt,
      response,
      raw: row.raw,
      fields: Object.fromEntries(
        Object.entries(row.value).filter(([name]) => name !== 'id' && !used.includes(name)),
      ),
    })),
    E.mapLeft((what) => badRow(path, row.line, what)),
  )

// reading ----------------------------------------------------------------------------------------

/**
 * Reads a data file: JSON lines, a JSON array, CSV (each also gzipped) or Parquet, by the ending of its name.
 *
 * @returns left: the file cannot be read, or its first row that is in none of the known forms, with the line it stands on
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { writeFileSync } from 'node:fs'
 * import { isRight } from 'fp-ts/Either'
 * import { readDataset } from '@safe/tensor-core/formats'
 *
 * writeFileSync('rows.jsonl', '{"question": "2 + 2 ?", "answer": "4"}\n')
 * const read = await readDataset('rows.jsonl')()
 *
 * assert(isRight(read))
 * assert.deepStrictEqual(read.right.examples[0]?.prompt, { kind: 'text', text: '2 + 2 ?' })
 * ```
 */
export const readDataset = (path: string): TE.TaskEither<DataError, Dataset> =>
  pipe(
    readRows(path),
    TE.chainEitherKW((rows) =>
      pipe(
        rows.map((row, index) => [row, index] as const),
        E.traverseArray(([row, index]) => exampleOf(path, row, index)),
      ),
    ),
    TE.map((examples) => ({ name: path, examples })),
  )
