/** The state of a file that is read piece by piece: whether it is still the same, and a hash of what it holds. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../contracts'
import { attemptRead, damaged, readRange, withFile } from '../files/input'

/** Identifies one state of a file: it changes when the file is replaced or written to. */
export interface FileState {
  readonly dev: number
  readonly ino: number
  readonly size: number
  readonly mtimeMs: number
}

/** Checks that the file is still the one whose header was read: tensors are read long after it. */
export const sameFile = (
  path: string,
  handle: FileHandle,
  opened: FileState,
): TE.TaskEither<FormatError, void> =>
  pipe(
    attemptRead(path, () => handle.stat()),
    TE.chainEitherK((now) =>
      now.dev === opened.dev &&
      now.ino === opened.ino &&
      now.size === opened.size &&
      now.mtimeMs === opened.mtimeMs
        ? E.right(undefined)
        : E.left(damaged(path, 'changed while it was in use', 'run again once it is written')),
    ),
  )

// fingerprint ------------------------------------------------------------------------------------

/** Files up to this size are hashed whole; for larger ones the hash covers the size, the modification time and evenly spaced samples. */
const wholeHashBytes = 1 << 26
const chunkBytes = 1 << 23
const samples = 256
const sampleBytes = 1 << 14

/** A hash of a file of weights, for cache keys. */
export const fingerprintOf = (path: string): TE.TaskEither<FormatError, string> =>
  withFile(path, (handle) =>
    attemptRead(path, async () => {
      const { size, mtimeMs } = await handle.stat()
      const hash = createHash('sha256').update(`safetensors ${size}`)
      const take = async (from: number, length: number): Promise<void> => {
        const bytes = new Uint8Array(length)
        await readRange(handle, bytes, from)
        hash.update(bytes)
      }
      if (size <= wholeHashBytes)
        for (let at = 0; at < size; at += chunkBytes) await take(at, Math.min(chunkBytes, size - at))
      else {
        hash.update(` ${mtimeMs}`)
        for (let i = 0; i < samples; i++)
          await take(Math.floor(((size - sampleBytes) * i) / (samples - 1)), sampleBytes)
      }
      return hash.digest('hex')
    }),
  )
