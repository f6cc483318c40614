/**
 * Rows of a data file in any container: JSONL, a JSON array, CSV, each also gzipped, and Parquet. Each row keeps its own text byte
 * for byte (Parquet: its line of JSON), so that a filter can write kept rows unchanged. JSONL and Parquet are read as a stream; the
 * others are parsed as a whole.
 */
import { extname } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, badInput, causeLine } from '../../contracts'
import { readableFile, unsupported } from '../../files/input'
import { streamParquet } from '../parquet/read'
import { parseArray } from './jsonArray'
import { lineReader } from './jsonl'
import { maxWholeCharacters, memoryLimit } from './limits'
import { rowBytes, tableBytes } from './memory'
import type { DataError, Row } from './row'
import { parseTable } from './table'
import { streamText } from './text'

// containers -------------------------------------------------------------------------------------

type Parse = (path: string, text: string) => E.Either<DataError, ReadonlyArray<Row>>
type Stream = (
  path: string,
  push: (text: string) => E.Either<DataError, void>,
) => TE.TaskEither<DataError, void>

/** The container by the ending of the file's name; a file with any other ending is read as JSON lines. */
const containerOf = (path: string): 'array' | 'table' | 'parquet' | 'lines' => {
  const ending = extname(path.replace(/\.gz$/i, '')).toLowerCase()
  switch (ending) {
    case '.json':
      return 'array'
    case '.csv':
      return 'table'
    case '.parquet':
      return 'parquet'
    default:
      return 'lines'
  }
}

// reading ----------------------------------------------------------------------------------------

const parquetLines: Stream = (path, push) =>
  /\.gz$/i.test(path)
    ? TE.left(unsupported(path, 'is Parquet inside gzip', 'unpack it: Parquet is compressed by itself'))
    : pipe(
        readableFile(path),
        TE.chainW(
          ({ size }) =>
            () =>
              streamParquet(path, size, push),
        ),
      )

const tooLarge = (path: string): FormatError =>
  unsupported(
    path,
    'is too large to be read as a whole, as JSON arrays and CSV are',
    'give JSON lines or Parquet',
  )

const wholeText = (path: string): TE.TaskEither<FormatError, string> => {
  const state = { parts: new Array<string>(), length: 0 }
  return pipe(
    streamText<FormatError>(path, (text) => {
      state.parts.push(text)
      state.length += text.length
      return state.length > maxWholeCharacters ? E.left(tooLarge(path)) : E.right(undefined)
    }),
    TE.map(() => state.parts.join('')),
  )
}

const readLines = (stream: Stream, path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    TE.fromIO(() => lineReader(path)),
    TE.chain((reader) =>
      pipe(
        stream(path, reader.push),
        TE.chainEitherKW(() => reader.end()),
      ),
    ),
  )

/** @param bytes estimates the memory that a text takes while it is parsed */
const readWhole = (
  path: string,
  parse: Parse,
  bytes: (text: string) => number,
): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    wholeText(path),
    TE.filterOrElseW(
      (text) => bytes(text) < memoryLimit(),
      () => tooLarge(path),
    ),
    TE.chainEitherKW((text) =>
      pipe(
        E.tryCatch(
          () => parse(path, text),
          (cause): DataError => unsupported(path, `cannot be read (${causeLine(cause)})`),
        ),
        E.flatten,
      ),
    ),
  )

/** The header line of a CSV file, which a file made of its rows needs again; undefined for other containers. */
export const readHeaderLine = (path: string): TE.TaskEither<FormatError, string | undefined> =>
  containerOf(path) === 'table'
    ? pipe(
        wholeText(path),
        TE.map((text) => text.split(/\r?\n/, 1)[0]),
      )
    : TE.right(undefined)

const readContainer = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> => {
  switch (containerOf(path)) {
    case 'lines':
      return readLines(streamText, path)
    case 'parquet':
      return readLines(parquetLines, path)
    case 'array':
      // the array is parsed as a whole, then row by row, so its values are in memory twice for a moment
      return readWhole(path, parseArray, (text) => 2 * rowBytes(text))
    case 'table':
      return readWhole(path, parseTable, tableBytes)
  }
}

/** Reads all rows of a JSONL, JSON, CSV or Parquet file as records. @returns left `EmptyData` where there are none */
export const readRows = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    readContainer(path),
    TE.filterOrElseW(
      (rows) => rows.length > 0,
      () => badInput('EmptyData' as const, 'holds no rows', { where: path, remedy: 'give a file with data' }),
    ),
  )
