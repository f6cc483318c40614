/** An opened GGUF file: the header is read and checked, tensors stay on disk and are read by byte range. */
import { createHash } from 'node:crypto'
import type { FileHandle } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError } from '../../contracts'
import { attemptRead, damaged, readRange, unsupported, withFile } from '../../files/input'
import { type FileState, fingerprintOf, sameFile } from '../fileState'
import { dequantise } from './dequantise'
import { HeaderProblem } from './cursor'
import { type GgufHeader, type GgufPlace, parseGgufHeader } from './header'

// model ------------------------------------------------------------------------------------------

/** It holds no file descriptor: each read opens and closes the file. Tensors have the names of the file. */
export interface GgufFile extends GgufHeader {
  readonly path: string
  /** Fills `out`, one place per value, with the tensor's values in float32. */
  readonly readValues: (place: GgufPlace, out: Float32Array) => TE.TaskEither<FormatError, void>
  /** Fills `out` with the tensor's bytes as stored. */
  readonly readBytes: (place: GgufPlace, out: Uint8Array) => TE.TaskEither<FormatError, void>
  /** A hash of header, size, time and samples, for cache keys. */
  readonly fingerprint: TE.TaskEither<FormatError, string>
}

// header -----------------------------------------------------------------------------------------

/** The first try; headers with large vocabularies need a few more, each of twice the length. */
const firstRead = 1 << 20
/** Longest header: twenty times that of a vocabulary of 262,144 tokens. */
const longestHeader = 1 << 27

interface Opened {
  readonly header: GgufHeader
  readonly state: FileState
  readonly digest: string
}

const readHeader = async (handle: FileHandle, path: string): Promise<E.Either<FormatError, Opened>> => {
  const state = await handle.stat()
  for (let length = firstRead; ; length *= 2) {
    const bytes = Buffer.alloc(Math.min(length, state.size))
    if (!(await readRange(handle, bytes, 0))) return E.left(damaged(path, 'ended while it was being read'))
    try {
      const header = parseGgufHeader(bytes, state.size)
      const digest = createHash('sha256').update(bytes.subarray(0, header.length)).digest('hex')
      return E.right({ header, state, digest })
    } catch (cause) {
      if (!(cause instanceof HeaderProblem)) throw cause
      if (cause.kind === 'unsupported') return E.left(unsupported(path, cause.message))
      if (cause.kind === 'damaged') return E.left(damaged(path, cause.message))
      if (length >= longestHeader)
        return E.left(damaged(path, `has a header of more than ${longestHeader} bytes`))
    }
  }
}

// tensors ----------------------------------------------------------------------------------------

const chunkBytes = 1 << 23

const fillValues = async (
  handle: FileHandle,
  { type, begin, end }: GgufPlace,
  out: Float32Array,
): Promise<boolean> => {
  if (type.name === 'F32')
    return readRange(handle, new Uint8Array(out.buffer, out.byteOffset, out.byteLength), begin)
  const step = Math.floor(chunkBytes / type.bytes) * type.bytes
  const room = new Uint8Array(Math.min(step, end - begin))
  for (let at = begin, done = 0; at < end; at += step) {
    const chunk = room.subarray(0, Math.min(step, end - at))
    if (!(await readRange(handle, chunk, at))) return false
    const count = (chunk.byteLength / type.bytes) * type.elements
    dequantise(type.name, chunk, out.subarray(done, done + count))
    done += count
  }
  return true
}

// opening ----------------------------------------------------------------------------------------

/**
 * Opens a GGUF file of version 2 or 3.
 *
 * @returns left: another version, big-endian, or a header that does not fit the file
 */
export const openGguf = (path: string): TE.TaskEither<FormatError, GgufFile> =>
  pipe(
    withFile(path, (handle) =>
      pipe(
        attemptRead(path, () => readHeader(handle, path)),
        TE.chainEitherK((opened) => opened),
      ),
    ),
    TE.map(({ header, state, digest }): GgufFile => {
      const reading = (read: (handle: FileHandle) => Promise<boolean>): TE.TaskEither<FormatError, void> =>
        withFile(path, (handle) =>
          pipe(
            sameFile(path, handle, state),
            TE.chain(() => attemptRead(path, () => read(handle))),
            TE.chainEitherK((whole) =>
              whole ? E.right(undefined) : E.left(damaged(path, 'ended while it was being read')),
            ),
          ),
        )
      return {
        ...header,
        path,
        readValues: (place, out) => reading((handle) => fillValues(handle, place, out)),
        readBytes: (place, out) => reading((handle) => readRange(handle, out, place.begin)),
        fingerprint: pipe(
          fingerprintOf(path),
          TE.map((print) => createHash('sha256').update(`gguf ${digest} ${print}`).digest('hex')),
        ),
      }
    }),
  )
