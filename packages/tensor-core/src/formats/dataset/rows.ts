/**
 * Rows of a data file, whatever its wrapping: JSONL, a JSON array, CSV, each also gzipped. Each row keeps its own text byte for
 * byte, so that a filter can give kept rows back unchanged. JSONL is read as a stream; the others are parsed as a whole.
 */
import { createReadStream } from 'node:fs'
import { extname } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type InputError, badInput, causeLine } from '../../contracts'
import { codeOf, damaged, readError } from '../input'
import { parseArray } from './jsonArray'
import { lineReader } from './jsonl'
import type { DataError, Row } from './row'
import { parseTable } from './table'

// wrappings --------------------------------------------------------------------------------------

type Parse = (path: string, text: string) => E.Either<InputError, ReadonlyArray<Row>>

const isGzip = (path: string): boolean => /\.gz$/i.test(path)

/** The wrapping is told by the name's ending; any other name is read as JSON lines. */
const wrappingOf = (path: string): 'array' | 'table' | 'lines' => {
  const ending = extname(path.replace(/\.gz$/i, '')).toLowerCase()
  return ending === '.json' ? 'array' : ending === '.csv' ? 'table' : 'lines'
}

// reading ----------------------------------------------------------------------------------------

/** What a failed read means: a gzip error is the file's, any other the system's. */
const streamError =
  (path: string) =>
  (cause: unknown): FormatError =>
    codeOf(cause) === 'ERR_ENCODING_INVALID_ENCODED_DATA'
      ? damaged(path, 'is not UTF-8 text', 'save the file as UTF-8')
      : codeOf(cause).startsWith('Z_')
        ? damaged(path, `is not a whole gzip file (${causeLine(cause)})`)
        : readError(path)(cause)

/** Gives the file's text to `push`, piece by piece, until it has enough (left). */
const streamText = <Err>(
  path: string,
  push: (text: string) => E.Either<Err, void>,
): TE.TaskEither<FormatError | Err, void> =>
  pipe(
    TE.tryCatch(async (): Promise<E.Either<Err, void>> => {
      const file = createReadStream(path, { highWaterMark: 1 << 20 })
      const bytes: AsyncIterable<Uint8Array> = isGzip(path)
        ? pipeline(file, createGunzip({ chunkSize: 1 << 18 }), () => undefined)
        : file
      const decoder = new TextDecoder('utf-8', { fatal: true })
      for await (const chunk of bytes) {
        const pushed = push(decoder.decode(chunk, { stream: true }))
        if (E.isLeft(pushed)) return pushed
      }
      return push(decoder.decode())
    }, streamError(path)),
    TE.chainW(TE.fromEither),
  )

const wholeText = (path: string): TE.TaskEither<FormatError, string> => {
  const parts: Array<string> = []
  return pipe(
    streamText<never>(path, (text) => {
      parts.push(text)
      return E.right(undefined)
    }),
    TE.map(() => parts.join('')),
  )
}

const readLines = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    TE.fromIO(() => lineReader(path)),
    TE.chain((reader) =>
      pipe(
        streamText(path, reader.push),
        TE.chainEitherKW(() => reader.end()),
      ),
    ),
  )

const readWhole = (path: string, parse: Parse): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    wholeText(path),
    TE.chainEitherKW((text) => parse(path, text)),
  )

/** The header line of a CSV file, which files made of its rows need again; undefined for other wrappings. */
export const readHeaderLine = (path: string): TE.TaskEither<FormatError, string | undefined> =>
  wrappingOf(path) === 'table'
    ? pipe(
        wholeText(path),
        TE.map((text) => text.split(/\r?\n/, 1)[0]),
      )
    : TE.right(undefined)

/** All rows of a JSONL, JSON or CSV file, decoded no further. @returns left `EmptyData` where there is none. */
export const readRows = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> => {
  const wrapping = wrappingOf(path)
  return pipe(
    wrapping === 'lines' ? readLines(path) : readWhole(path, wrapping === 'array' ? parseArray : parseTable),
    TE.filterOrElseW(
      (rows) => rows.length > 0,
      () => badInput('EmptyData' as const, 'holds no rows', { where: path, remedy: 'give a file with data' }),
    ),
  )
}
