/**
 * A data file cut into its rows without touching a byte, so that a filter writes kept rows as they were: line ends, order of
 * fields, spacing, the header of a CSV file, the brackets of a JSON array.
 */
import { gunzip, gzip } from 'node:zlib'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, type InputError, causeLine, failure } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { type Row, readRows } from '@safe/tensor-core/formats'

// model ------------------------------------------------------------------------------------------

export interface Source {
  /** The text before the rows: a CSV header, an opening bracket. */
  readonly head: string
  /** Each row with its line end, as in the file. */
  readonly rows: ReadonlyArray<string>
  /** The text between rows, where it is not part of them. */
  readonly separator: string
  readonly tail: string
}

// cutting ----------------------------------------------------------------------------------------

const lineEnd = (text: string, at: number): string => /^\r?\n/.exec(text.slice(at, at + 2))?.[0] ?? ''

/**
 * Lines and CSV records. They are found from the last to the first: nothing but line ends follows a row, whereas a header may
 * hold the same text as one.
 */
export const cutLines = (text: string, raws: ReadonlyArray<string>): E.Either<string, Source> => {
  const rows: string[] = []
  let end = text.length
  for (const raw of raws.toReversed()) {
    const start = raw.length > end ? -1 : text.lastIndexOf(raw, end - raw.length)
    if (start === -1) return E.left('changed while it was read')
    rows.push(raw + lineEnd(text, start + raw.length))
    end = start
  }
  return E.right({ head: text.slice(0, end), rows: rows.reverse(), separator: '', tail: '' })
}

/** The items of a JSON array's text, known to be well-formed. */
export const cutArray = (text: string): Source => {
  const open = text.indexOf('[')
  const state = { depth: 0, quoted: false, from: open + 1, rows: new Array<string>() }
  for (let i = open; i < text.length; i++) {
    const c = text[i] ?? ''
    if (state.quoted) {
      if (c === '\\') i++
      else if (c === '"') state.quoted = false
    } else if (c === '"') state.quoted = true
    else if (c === '[' || c === '{') state.depth++
    else if (c === ']' || c === '}') state.depth--
    if (!state.quoted && ((c === ',' && state.depth === 1) || state.depth === 0)) {
      const item = text.slice(state.from, i).trim()
      if (item !== '') state.rows.push(item)
      state.from = i + 1
      if (state.depth === 0) break
    }
  }
  return { head: '[', rows: state.rows, separator: ',\n', tail: ']\n' }
}

const isArray = (path: string, text: string): boolean =>
  /\.json(?:\.gz)?$/i.test(path) &&
  text
    .trimStart()
    .replace(/^\ufeff/, '')
    .startsWith('[')

const cut = (path: string, text: string, rows: ReadonlyArray<Row>): E.Either<string, Source> => {
  if (!isArray(path, text))
    return cutLines(
      text,
      rows.map((row) => row.raw),
    )
  const source = cutArray(text)
  return source.rows.length === rows.length ? E.right(source) : E.left('changed while it was read')
}

// files ------------------------------------------------------------------------------------------

const inflate = promisify<Uint8Array, Uint8Array>(gunzip)
const deflate = promisify<Uint8Array, Uint8Array>(gzip)

const attempt = <A>(path: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, (cause) => failure('FileUnreadable', causeLine(cause), { where: path }))

const isParquet = (path: string): boolean => /\.parquet$/i.test(path)

/** The file's rows as they are, unzipped; one per row of `readRows`. A row of Parquet is its line of JSON. */
export const readSource = (path: string): TE.TaskEither<FormatError | InputError, Source> =>
  isParquet(path)
    ? pipe(
        readRows(path),
        TE.map((rows) => ({ head: '', rows: rows.map(({ raw }) => `${raw}\n`), separator: '', tail: '' })),
      )
    : readTextSource(path)

const readTextSource = (path: string): TE.TaskEither<FormatError | InputError, Source> =>
  pipe(
    TE.Do,
    TE.apSW('rows', readRows(path)),
    TE.bindW('bytes', () => attempt(path, () => readFile(path))),
    TE.bindW('plain', ({ bytes }) =>
      /\.gz$/i.test(path) ? attempt(path, () => inflate(bytes)) : TE.right(bytes),
    ),
    TE.chainEitherKW(({ rows, plain }) =>
      pipe(
        cut(path, new TextDecoder('utf-8', { ignoreBOM: true }).decode(plain), rows),
        E.mapLeft((why) => failure('FileUnreadable', why, { where: path })),
      ),
    ),
  )

// destructors ------------------------------------------------------------------------------------

/** The file with only the rows for which `keep` holds. */
export const keptText = (source: Source, keep: (index: number) => boolean): string =>
  source.head + source.rows.filter((_, i) => keep(i)).join(source.separator) + source.tail

/** Writes text completely or not at all; a file whose name ends in `.gz` is compressed. */
export const writeText = (path: string, text: string): TE.TaskEither<FormatError, void> =>
  /\.gz$/i.test(path)
    ? pipe(
        attempt(path, () => deflate(Buffer.from(text, 'utf8'))),
        TE.chainW((bytes) => writeWhole(path, bytes)),
      )
    : writeWhole(path, text)
