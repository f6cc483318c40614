/**
 * Reads a data file's text piece by piece: decompressed where its name ends in `.gz`, and decoded as UTF-8, with an error that names
 * the line. The text is never in memory as a whole, and how far a compressed file may expand is limited.
 */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, causeLine } from '../../contracts'
import { codeOf, damaged, readError, readableFile } from '../../files/input'
import { freeUnfolding, maxUnfolding } from './limits'

export const isGzip = (path: string): boolean => /\.gz$/i.test(path)

// errors -----------------------------------------------------------------------------------------

/** The error of a failed read: a gzip error means a damaged file, any other a problem of the system. */
const streamError =
  (path: string) =>
  (cause: unknown): FormatError =>
    codeOf(cause).startsWith('Z_')
      ? damaged(path, `is not a whole gzip file (${causeLine(cause)})`)
      : readError(path)(cause)

// decoding ---------------------------------------------------------------------------------------

const newline = 10

const linesIn = (bytes: Uint8Array): number => {
  let count = 0
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count++
  return count
}

/** The number of bytes at the end that belong to an incomplete character. */
const openEnd = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return 0
    if (byte >= 0xc0) return back < (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) ? back : 0
  }
  return 0
}

/** The line of the first bytes that are not UTF-8; `line` is the line of the first byte. */
const badLine = (bytes: Uint8Array, line: number): number => {
  let from = 0
  for (let number = line; ; number++) {
    const end = bytes.indexOf(newline, from)
    if (end === -1 || !isUtf8(bytes.subarray(from, end))) return number
    from = end + 1
  }
}

/** Decodes pieces of UTF-8 and removes a byte order mark at the start. The left is the line of the first invalid byte. */
const decoder = () => {
  const text = new TextDecoder('utf-8', { fatal: true })
  const state = { line: 1, open: new Uint8Array(0) }
  return (bytes: Uint8Array | undefined): E.Either<number, string> => {
    try {
      const decoded = bytes === undefined ? text.decode() : text.decode(bytes, { stream: true })
      if (bytes !== undefined) {
        state.line += linesIn(bytes)
        state.open = bytes.slice(bytes.length - openEnd(bytes))
      }
      return E.right(decoded)
    } catch {
      return E.left(badLine(Buffer.concat([state.open, bytes ?? new Uint8Array(0)]), state.line))
    }
  }
}

// reading ----------------------------------------------------------------------------------------

/** Passes the file's text to `push`, piece by piece, until `push` returns a left. */
export const streamText = <Err>(
  path: string,
  push: (text: string) => E.Either<Err, void>,
): TE.TaskEither<FormatError | Err, void> =>
  pipe(
    readableFile(path),
    TE.chainW(() =>
      TE.tryCatch(async (): Promise<E.Either<FormatError | Err, void>> => {
        const file = createReadStream(path, { highWaterMark: 1 << 20 })
        const gunzip = isGzip(path) ? createGunzip({ chunkSize: 1 << 18 }) : undefined
        const bytes: AsyncIterable<Uint8Array> =
          gunzip === undefined ? file : pipeline(file, gunzip, () => undefined)
        const decode = decoder()
        const give = (chunk: Uint8Array | undefined): E.Either<FormatError | Err, void> => {
          const text = decode(chunk)
          return E.isLeft(text)
            ? E.left(damaged(`${path}:${text.left}`, 'is not UTF-8 text', 'save the file as UTF-8'))
            : push(text.right)
        }
        let unfolded = 0
        for await (const chunk of bytes) {
          unfolded += chunk.byteLength
          if (
            gunzip !== undefined &&
            unfolded > freeUnfolding &&
            unfolded > maxUnfolding * gunzip.bytesWritten
          )
            return E.left(
              damaged(path, `expands to more than ${maxUnfolding} times its size`, 'unpack it first'),
            )
          const given = give(chunk)
          if (E.isLeft(given)) return given
        }
        return give(undefined)
      }, streamError(path)),
    ),
    TE.chainW(TE.fromEither),
  )
