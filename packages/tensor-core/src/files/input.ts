/**
 * Reading files whole or by byte range; every problem becomes a `FormatError` that names the file. Only regular files are opened:
 * opening a pipe without a writer would block for ever, and reading a device might never end.
 */
import { isUtf8 } from 'node:buffer'
import type { Stats } from 'node:fs'
import { type FileHandle, open, stat } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type FormatError, badInput, causeLine } from '../contracts'
import { isTooDeep, maxJsonDepth } from './jsonDepth'
import { pathHint } from './pathHint'

// errors -----------------------------------------------------------------------------------------

/** Node's code of a system error (`ENOENT`); empty for other errors. */
export const codeOf = (cause: unknown): string =>
  typeof cause === 'object' && cause !== null && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : ''

/** The error of a failed read operation: missing, a folder, or unreadable. */
export const readError =
  (path: string) =>
  (cause: unknown): FormatError => {
    const code = codeOf(cause)
    return code === 'ENOENT' || code === 'ENOTDIR'
      ? badInput('FileMissing', 'does not exist', { where: path, remedy: pathHint(path) ?? 'check the path' })
      : code === 'EISDIR'
        ? badInput('FileUnreadable', 'is a folder, not a file', { where: path, remedy: 'give a file' })
        : badInput('FileUnreadable', `cannot be read (${causeLine(cause)})`, {
            where: path,
            remedy: 'check the file and its permissions',
          })
  }

/**
 * The error for a file that violates its format.
 *
 * @param message what is wrong; it continues a sentence that begins with the file's name
 * @param remedy what to do; by default to fetch or write the file again
 */
export const damaged = (path: string, message: string, remedy?: string): FormatError =>
  badInput('FileDamaged', message, { where: path, remedy: remedy ?? 'fetch or write the file again' })

/** The error for a file that is well formed but needs something that this package does not support. */
export const unsupported = (path: string, message: string, remedy?: string): FormatError =>
  badInput('FileUnsupported', message, { where: path, ...(remedy === undefined ? {} : { remedy }) })

// reading ----------------------------------------------------------------------------------------

export const attemptRead = <A>(path: string, work: () => Promise<A>): TE.TaskEither<FormatError, A> =>
  TE.tryCatch(work, readError(path))

/** Paths under /dev/ are read although they are no regular files: `/dev/stdin`, and `/dev/fd/63` for a shell's `<(command)`. */
const isNamedDevice = (path: string): boolean => path.startsWith('/dev/')

/** The file's status. @returns left where it is not a file that can be read to its end */
export const readableFile = (path: string): TE.TaskEither<FormatError, Stats> =>
  pipe(
    attemptRead(path, () => stat(path)),
    TE.chainEitherK((s) =>
      s.isDirectory()
        ? E.left(readError(path)({ code: 'EISDIR' }))
        : s.isFile() || isNamedDevice(path)
          ? E.right(s)
          : E.left(
              badInput('FileUnreadable', 'is a pipe, a socket or a device, not a file', {
                where: path,
                remedy: 'give a regular file, or /dev/stdin',
              }),
            ),
    ),
  )

/** Largest configuration, tokenizer or template in bytes; the largest known tokenizer.json is a tenth of this. */
export const maxTextBytes = 1 << 28

/** The size of the next read of a file whose end was not where its status said. */
const nextRead = 1 << 20

/**
 * @param expected the size by the file's status, 0 where it does not tell: a small file is read into no more memory than it needs,
 * for folders may have a hundred thousand of them
 */
const readAtMost = async (
  handle: FileHandle,
  expected: number,
  limit: number,
): Promise<Uint8Array | undefined> => {
  const parts: Array<Uint8Array> = []
  // One byte more than expected: a read that leaves it empty has reached the end.
  for (let [total, size] = [0, Math.min(expected, nextRead) + 1]; ;) {
    const part = Buffer.allocUnsafe(Math.min(size, limit + 1 - total))
    const { bytesRead } = await handle.read(part, 0, part.byteLength, null)
    if (bytesRead > 0) parts.push(part.subarray(0, bytesRead))
    total += bytesRead
    if (total > limit) return undefined
    if (bytesRead === 0 || (total === expected && bytesRead < part.byteLength))
      return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
    size = nextRead
  }
}

/** Reads a file of at most `maxTextBytes`. */
export const readBytes = (path: string): TE.TaskEither<FormatError, Uint8Array> =>
  withFile(path, (handle, { size }) =>
    pipe(
      attemptRead(path, () => readAtMost(handle, size, maxTextBytes)),
      TE.chainEitherK(E.fromNullable(damaged(path, `is larger than ${maxTextBytes} bytes`))),
    ),
  )

/** Node's own check and conversion are several times as fast as a strict TextDecoder's; throws where the bytes are not UTF-8. */
const textOf = (bytes: Uint8Array): string => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (!isUtf8(buffer)) throw new TypeError('not UTF-8')
  const text = buffer.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

const decodeUtf8 = (path: string, bytes: Uint8Array): E.Either<FormatError, string> =>
  E.tryCatch(
    () => textOf(bytes),
    () => damaged(path, 'is not UTF-8 text'),
  )

/** Reads a UTF-8 text file of at most `maxTextBytes`; a byte order mark is removed. */
export const readText = (path: string): TE.TaskEither<FormatError, string> =>
  pipe(
    readBytes(path),
    TE.chainEitherK((bytes) => decodeUtf8(path, bytes)),
  )

/** Parses JSON that is nested at most `maxJsonDepth` levels deep. @param path the file, for messages */
export const parseJson = (path: string, text: string): E.Either<FormatError, unknown> =>
  pipe(
    E.tryCatch(
      (): unknown => JSON.parse(text),
      (cause) => damaged(path, `is not JSON (${causeLine(cause)})`),
    ),
    E.filterOrElse(
      (json) => !isTooDeep(json),
      () => damaged(path, `is nested more than ${maxJsonDepth} levels deep`),
    ),
  )

/** Reads the JSON document of a file, to be decoded by the caller. @returns left `FileMissing`, `FileUnreadable` or `FileDamaged` */
export const readJson = (path: string): TE.TaskEither<FormatError, unknown> =>
  pipe(
    readText(path),
    TE.chainEitherK((text) => parseJson(path, text)),
  )

/** Whether a path is a file, a folder or absent. */
export const kindOf = (path: string): TE.TaskEither<FormatError, 'file' | 'folder' | 'absent'> =>
  pipe(
    attemptRead(path, () => stat(path)),
    TE.map((s) => (s.isDirectory() ? ('folder' as const) : ('file' as const))),
    TE.orElse((e) => (e._tag === 'FileMissing' ? TE.right('absent' as const) : TE.left(e))),
  )

/** Reads a file that may be absent. @returns right undefined where it is */
export const readOptional = <A>(
  path: string,
  read: (path: string) => TE.TaskEither<FormatError, A>,
): TE.TaskEither<FormatError, A | undefined> =>
  pipe(
    kindOf(path),
    TE.chain((kind) => (kind === 'absent' ? TE.right(undefined) : read(path))),
  )

/** Opens, uses and closes a file. @param use gets its status as well */
export const withFile = <A>(
  path: string,
  use: (handle: FileHandle, status: Stats) => TE.TaskEither<FormatError, A>,
): TE.TaskEither<FormatError, A> =>
  pipe(
    readableFile(path),
    TE.chain((status) =>
      TE.bracket(
        attemptRead(path, () => open(path, 'r')),
        (handle) => use(handle, status),
        (handle) => attemptRead(path, () => handle.close()),
      ),
    ),
  )

const largestRead = 1 << 30

/** Fills `target` with the bytes from `position` on. @returns false where the file ends before `target` is full */
export const readRange = async (
  handle: FileHandle,
  target: Uint8Array,
  position: number,
): Promise<boolean> => {
  for (let done = 0; done < target.byteLength;) {
    const length = Math.min(largestRead, target.byteLength - done)
    const { bytesRead } = await handle.read(target, done, length, position + done)
    if (bytesRead === 0) return false
    done += bytesRead
  }
  return true
}
