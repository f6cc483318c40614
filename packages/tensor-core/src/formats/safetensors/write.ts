/** Writing a safetensors file atomically, with one tensor in memory at a time. */
import * as TE from 'fp-ts/TaskEither'
import { flow, pipe } from 'fp-ts/function'
import { type FormatError, type NamedTensor, type StoredDtype, failure } from '../../contracts'
import { writeParts } from '../../files/output'
import { byteWidths, narrow } from './dtype'
import { elementCount } from './header'

// model ------------------------------------------------------------------------------------------

/** Float values and the type they are stored in; `values` may be a task, which runs just before the tensor is written. */
export interface FloatTensor {
  readonly name: string
  readonly dtype: StoredDtype
  readonly shape: ReadonlyArray<number>
  readonly values: Float32Array | TE.TaskEither<FormatError, Float32Array>
}

/** A tensor that is copied unchanged; `raw` runs just before it is written. */
export interface RawTensor {
  readonly name: string
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly raw: TE.TaskEither<FormatError, Uint8Array>
}

/** A tensor to be written: float values to be stored as `dtype`, or bytes that are copied unchanged. */
export type TensorToWrite = FloatTensor | NamedTensor | RawTensor

// layout -----------------------------------------------------------------------------------------

/** Bytes of a tensor in the file. */
export const byteLength = (tensor: TensorToWrite): number =>
  elementCount(tensor.shape) * (byteWidths.get(tensor.dtype) ?? 1)

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** The order of the reference implementation: wide elements first, so that all stay aligned, then by name. */
const ordered = (tensors: ReadonlyArray<TensorToWrite>): ReadonlyArray<TensorToWrite> =>
  [...tensors].sort(
    (a, b) =>
      (byteWidths.get(b.dtype) ?? 1) - (byteWidths.get(a.dtype) ?? 1) ||
      compare(a.dtype, b.dtype) ||
      compare(a.name, b.name),
  )

const headerBytes = (
  tensors: ReadonlyArray<TensorToWrite>,
  metadata: Readonly<Record<string, string>>,
): Uint8Array => {
  const entries: Array<string> =
    Object.keys(metadata).length === 0 ? [] : [`"__metadata__":${JSON.stringify(metadata)}`]
  let begin = 0
  for (const tensor of tensors) {
    const end = begin + byteLength(tensor)
    const { dtype, shape } = tensor
    entries.push(
      `${JSON.stringify(tensor.name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, end] })}`,
    )
    begin = end
  }
  const json = Buffer.from(`{${entries.join(',')}}`, 'utf8')
  const padded = Math.ceil(json.byteLength / 8) * 8
  const bytes = new Uint8Array(8 + padded).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true)
  bytes.set(json, 8)
  return bytes
}

const bytesOf = (path: string, tensor: TensorToWrite): TE.TaskEither<FormatError, Uint8Array> => {
  const wrong = (got: number): FormatError =>
    failure('WriteFailed', `tensor ${tensor.name} has ${got} bytes, its shape needs ${byteLength(tensor)}`, {
      where: path,
    })
  return pipe(
    'bytes' in tensor
      ? TE.right(tensor.bytes)
      : 'raw' in tensor
        ? tensor.raw
        : pipe(
            tensor.values instanceof Function ? tensor.values : TE.right(tensor.values),
            TE.map((values) => narrow(tensor.dtype, values)),
          ),
    TE.filterOrElse(
      (bytes) => bytes.byteLength === byteLength(tensor),
      (bytes) => wrong(bytes.byteLength),
    ),
  )
}

// writing ----------------------------------------------------------------------------------------

const problemOf = (tensors: ReadonlyArray<TensorToWrite>): string | undefined => {
  const names = tensors.map(({ name }) => name)
  const seen = new Set<string>()
  const twice = names.find((name) => seen.size === seen.add(name).size)
  const unknown = tensors.find(({ dtype }) => !byteWidths.has(dtype))
  return twice !== undefined
    ? `tensor ${twice} is given twice`
    : names.includes('__metadata__')
      ? 'no tensor may be named __metadata__'
      : unknown !== undefined
        ? `tensor ${unknown.name} has the unknown dtype ${unknown.dtype}`
        : undefined
}

/** Writes a safetensors file; values are rounded to nearest even where the type is narrower than float32. */
export const writeSafetensors = (
  path: string,
  tensors: ReadonlyArray<TensorToWrite>,
  metadata: Readonly<Record<string, string>> = {},
): TE.TaskEither<FormatError, void> => {
  const problem = problemOf(tensors)
  const laid = ordered(tensors)
  return problem !== undefined
    ? TE.left(failure('WriteFailed', problem, { where: path }))
    : writeParts(path, (write) =>
        pipe(
          write(headerBytes(laid, metadata)),
          TE.chain(() =>
            pipe(laid, TE.traverseSeqArray(flow((tensor) => bytesOf(path, tensor), TE.chain(write)))),
          ),
          TE.map(() => undefined),
        ),
      )
}
