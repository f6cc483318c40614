/** A file that a mixture takes rows from or keeps out: its reference, its hash, the name its rows carry. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { type Row, exampleOf, readRows } from '@safe/tensor-core/formats'
import type { Keyed } from './mixture'
import { promptKey } from './promptKey'

// names ------------------------------------------------------------------------------------------

const cached = /(?:^|\/)datasets--([^/]+?)--([^/]+)\/snapshots\/([^/]+)\/(.+)$/

/** How another machine finds the file: a file of the hub's cache by its reference with the commit, any other as it was given. */
export const referenceOf = (path: string): string => {
  const [, org, name, commit, inside] = cached.exec(path.replaceAll('\\', '/')) ?? []
  return org === undefined || name === undefined || commit === undefined || inside === undefined
    ? path
    : `hub:${org}/${name}/${inside}@${commit}`
}

/** The name that rows of a file carry: without folder and ending, so that it is the same on every machine. */
export const sourceName = (path: string): string =>
  basename(path.replace(/\.gz$/i, '')).replace(/\.(jsonl|json|csv|parquet|ndjson)$/i, '')

// reading ----------------------------------------------------------------------------------------

/** SHA-256 of a file's bytes, in hexadecimal; the file is streamed. */
export const fileSha256 = (path: string): TE.TaskEither<Fault, string> =>
  TE.tryCatch(
    async () => {
      const hash = createHash('sha256')
      await pipeline(createReadStream(path), hash)
      return hash.digest('hex')
    },
    (cause): Fault => failure('FileUnreadable', causeLine(cause), { where: path }),
  )

/** The rows of a file as they are, with the keys of their prompts. @returns left: a row in none of the known forms, by its line */
export const keyedRows = (path: string): TE.TaskEither<Fault, ReadonlyArray<Keyed<Row['value']>>> =>
  pipe(
    readRows(path),
    TE.chainEitherKW((rows) =>
      pipe(
        rows.map((row, index) => ({ row, index })),
        E.traverseArray(({ row, index }) =>
          pipe(
            exampleOf(path, row, index),
            E.map(({ prompt }) => ({ key: promptKey(prompt), row: row.value })),
          ),
        ),
      ),
    ),
  )
