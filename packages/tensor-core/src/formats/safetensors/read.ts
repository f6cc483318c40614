/**
 * Reading a safetensors file by byte range: the header once, then one tensor at a time. Each chunk is widened while the next one is
 * being read, so a tensor needs memory for its float32 values and two chunks, never for the file.
 */
import type { FileHandle } from 'node:fs/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError, NamedTensor, StoredDtype, WeightSource } from '../../contracts'
import { attemptRead, damaged, readRange, unsupported, withFile } from '../../files/input'
import { type FileState, fingerprintOf, sameFile } from '../fileState'
import { byteWidths, isStoredDtype, widen } from './dtype'
import { type Header, type TensorPlace, elementCount, headerLength, parseHeader } from './header'

// model ------------------------------------------------------------------------------------------

/** Allocates the memory that a tensor's bytes are read into: an array of exactly the given length. */
export type Room = (length: number) => Uint8Array

/** An opened safetensors file. It holds no file descriptor: each read opens and closes the file. */
export interface SafetensorsFile extends WeightSource {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  /** The tensor's little-endian bytes as stored, of any dtype. */
  readonly readRaw: (name: string, room?: Room) => TE.TaskEither<FormatError, NamedTensor>
}

/** A tensor whose values can be widened to float32. */
type FloatPlace = TensorPlace & { readonly dtype: StoredDtype }

const floatPlace = (path: string, name: string, place: TensorPlace): E.Either<FormatError, FloatPlace> =>
  isStoredDtype(place.dtype)
    ? E.right({ ...place, dtype: place.dtype })
    : E.left(notAWeight(path, name, place.dtype))

/**
 * Memory for a tensor that an engine may take over without a copy. TensorFlow needs an alignment of 64 bytes; large blocks from the
 * operating system start 16 bytes after the start of a page, so an offset of 48 bytes aligns them. The memory is not zeroed.
 */
export const engineRoom: Room = (length) =>
  new Uint8Array(Buffer.allocUnsafeSlow(length + 48).buffer, 48, length)

// errors -----------------------------------------------------------------------------------------

/**
 * The fault of an integer (I8 to I64, U8, BOOL), 8-bit float or complex tensor that is used as a weight or an adapter factor.
 * Only F64, F32, F16 and BF16 are weights: numbers of other types mean something only with a scale or a table that is not here.
 * @param path the file that holds the tensor
 */
export const notAWeight = (path: string, name: string, dtype: string): FormatError =>
  unsupported(
    path,
    `tensor ${JSON.stringify(name)} is ${dtype}, which cannot be used as a weight`,
    'give weights stored as F32, F16, BF16 or F64, not quantised ones',
  )

// reading ----------------------------------------------------------------------------------------

const chunkBytes = 1 << 23

const cutShort = (path: string): FormatError => damaged(path, 'ended while it was being read')

const filled = (path: string, handle: FileHandle, target: Uint8Array, position: number) =>
  pipe(
    attemptRead(path, () => readRange(handle, target, position)),
    TE.filterOrElse(
      (whole) => whole,
      () => cutShort(path),
    ),
  )

const readWidened = async (
  handle: FileHandle,
  place: FloatPlace,
  start: number,
): Promise<Float32Array | undefined> => {
  const out = new Float32Array(elementCount(place.shape))
  const from = start + place.begin
  if (place.dtype === 'F32')
    return (await readRange(handle, new Uint8Array(out.buffer), from)) ? out : undefined
  const width = byteWidths.get(place.dtype) ?? 1
  const total = place.end - place.begin
  const buffers = [0, 1].map(() => new Uint8Array(Math.min(chunkBytes, total)))
  const request = async (at: number, turn: number): Promise<Uint8Array | undefined> => {
    const target = (buffers[turn % 2] ?? new Uint8Array(0)).subarray(0, Math.min(chunkBytes, total - at))
    return (await readRange(handle, target, from + at)) ? target : undefined
  }
  let pending = request(0, 0)
  for (let at = 0, turn = 0; at < total; at += chunkBytes, turn++) {
    const chunk = await pending
    if (chunk === undefined) return undefined
    if (at + chunkBytes < total) pending = request(at + chunkBytes, turn + 1)
    widen(place.dtype, chunk, out.subarray(at / width, (at + chunk.byteLength) / width))
  }
  return out
}

// opening ----------------------------------------------------------------------------------------

const readHeader = (
  path: string,
): TE.TaskEither<FormatError, { header: Header; start: number; opened: FileState }> =>
  withFile(path, (handle) =>
    pipe(
      attemptRead(path, () => handle.stat()),
      TE.chain((opened) => {
        const { size } = opened
        const first = new Uint8Array(8)
        const check = E.mapLeft((what: string) => damaged(path, what))
        return pipe(
          attemptRead(path, () => readRange(handle, first, 0)),
          TE.chainEitherK(() => check(headerLength(first, size))),
          TE.chain((length) => {
            const bytes = new Uint8Array(length)
            return pipe(
              filled(path, handle, bytes, 8),
              TE.chainEitherK(() => check(parseHeader(bytes, size - 8 - length))),
              TE.map((header) => ({ header, start: 8 + length, opened })),
            )
          }),
        )
      }),
    ),
  )

/** Opens a safetensors file: the header is read and checked, the tensors stay on disk. */
export const readSafetensors = (path: string): TE.TaskEither<FormatError, SafetensorsFile> =>
  pipe(
    readHeader(path),
    TE.map(({ header, start, opened }): SafetensorsFile => {
      const found = (name: string): E.Either<FormatError, TensorPlace> =>
        E.fromNullable(damaged(path, `has no tensor ${JSON.stringify(name)}`, 'give the file that holds it'))(
          header.tensors.get(name),
        )
      return {
        name: path,
        path,
        metadata: header.metadata,
        tensors: header.tensors,
        fingerprint: fingerprintOf(path),
        read: (name) =>
          pipe(
            TE.fromEither(found(name)),
            TE.chainEitherK((place) => floatPlace(path, name, place)),
            TE.chain((place) =>
              withFile(path, (handle) =>
                pipe(
                  sameFile(path, handle, opened),
                  TE.chain(() => attemptRead(path, () => readWidened(handle, place, start))),
                  TE.chainEitherK(E.fromNullable(cutShort(path))),
                ),
              ),
            ),
          ),
        readRaw: (name, room = engineRoom) =>
          pipe(
            TE.fromEither(found(name)),
            TE.chain(({ dtype, shape, begin, end }) => {
              const bytes = room(end - begin)
              return pipe(
                withFile(path, (handle) =>
                  pipe(
                    sameFile(path, handle, opened),
                    TE.chain(() => filled(path, handle, bytes, start + begin)),
                  ),
                ),
                TE.map(() => ({ name, dtype, shape, bytes })),
              )
            }),
          ),
      }
    }),
  )
