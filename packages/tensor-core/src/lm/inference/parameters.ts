/**
 * Puts a checkpoint's tensors onto the device, one at a time, while the next ones are being read. TensorFlow's own devices take
 * the bytes as they are stored and convert them there; for other engines they are widened while they are read.
 */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { type FormatError, type LmError, type StorageDtype, causeLine, failure } from '../../contracts'
import {
  type FrozenMatrix,
  float32Matrix,
  isDeviceDtype,
  matrixFromBytes,
  nativeBackend,
  tensorFromBytes,
  tf,
} from '../../engine'
import { type ModelFolder, narrow, widen } from '../../formats'
import type { NamedShape } from '../decoder/parameters'
import { type RoomPool, roomPool } from './roomPool'

// model ------------------------------------------------------------------------------------------

/** One parameter of a decoder on the device. */
export type Parameter =
  | {
      readonly kind: 'matrix'
      readonly matrix: FrozenMatrix
      /** [rows, cols] where it is stored in float32; it belongs to the matrix. */
      readonly values?: tf.Tensor
    }
  | { readonly kind: 'vector'; readonly vector: tf.Tensor }

/** A parameter in float32 before it is stored: an adapter is merged into it here. */
export type Amend = (name: string, weight: tf.Tensor) => tf.Tensor

/** Where parameters are read from, and how they are stored. */
export interface ParameterChoice {
  readonly folder: ModelFolder
  /** Of matrices; vectors are always float32. */
  readonly storage: StorageDtype
  readonly amend: Amend
}

/** A parameter that has been read, still to be put onto the device. */
type Reading = E.Either<FormatError, () => Parameter>

// one parameter ----------------------------------------------------------------------------------

const disposeParameter = (p: Parameter): void =>
  p.kind === 'matrix' ? p.matrix.dispose() : p.vector.dispose()

/** The values of a bfloat16 matrix in float32, for engines that have no such type. */
const throughBFloat16 = (values: Float32Array): Float32Array => {
  widen('BF16', narrow('BF16', values), values)
  return values
}

const float32Parameter = (shape: ReadonlyArray<number>, weight: tf.Tensor): Parameter =>
  shape.length === 2
    ? { kind: 'matrix', matrix: float32Matrix(weight), values: weight }
    : { kind: 'vector', vector: weight }

/** Reads one tensor; vectors (gains, biases) always stay float32. The result puts it onto the device. */
const reading = async (
  { folder, storage, amend }: ParameterChoice,
  { name, shape }: NamedShape,
  pool: RoomPool,
): Promise<Reading> => {
  const dtype = folder.weights.tensors.get(name)?.dtype ?? ''
  const [rows = 0, cols = 0] = shape
  const brief = storage === 'bfloat16' && shape.length === 2
  if (nativeBackend() !== undefined && isDeviceDtype(dtype)) {
    // A tensor that keeps its type takes over the memory; one that is converted leaves it for the next.
    const kept = dtype === (brief ? 'BF16' : 'F32')
    const raw = await folder.weights.readRaw(name, kept ? undefined : pool.take)()
    return E.isLeft(raw)
      ? raw
      : E.right(() => {
          const { bytes } = raw.right
          const matrix = brief ? matrixFromBytes(bytes, dtype, [rows, cols]) : undefined
          const weight = matrix === undefined ? tensorFromBytes(bytes, dtype, shape) : undefined
          if (!kept) pool.give(bytes)
          if (matrix !== undefined) return { kind: 'matrix', matrix }
          if (weight === undefined) throw new Error('the engine was changed while a model was being loaded')
          return float32Parameter(shape, amend(name, weight))
        })
  }
  const values = await folder.weights.read(name)()
  return E.isLeft(values)
    ? values
    : E.right(() => {
        const kept = brief && dtype !== 'BF16' ? throughBFloat16(values.right) : values.right
        return float32Parameter(shape, amend(name, tf.tensor(kept, [...shape])))
      })
}

// all parameters ---------------------------------------------------------------------------------

/** Tensors being read at a time, and the bytes they may hold together; one tensor may always be read. */
const READS = 4
const READ_BYTES = 256 * 1024 * 1024

const bytesOf = ({ shape }: NamedShape): number => 4 * shape.reduce((n, d) => n * d, 1)

/**
 * All parameters by name; the caller disposes of them. A few tensors are read ahead while one is put onto the device. Where
 * one fails, those before it are freed.
 */
export const readParameters =
  (
    choice: ParameterChoice,
    shapes: ReadonlyArray<NamedShape>,
  ): TE.TaskEither<LmError, ReadonlyMap<string, Parameter>> =>
  async () => {
    const made = new Map<string, Parameter>()
    const ahead: Array<{ readonly shape: NamedShape; readonly read: Promise<Reading> }> = []
    const pool = roomPool()
    const state = { next: 0, bytes: 0 }
    const fill = (): void => {
      for (let shape = shapes[state.next]; shape !== undefined; shape = shapes[state.next]) {
        const full = ahead.length >= READS || state.bytes + bytesOf(shape) > READ_BYTES
        if (ahead.length > 0 && full) return
        ahead.push({ shape, read: reading(choice, shape, pool) })
        state.next += 1
        state.bytes += bytesOf(shape)
      }
    }
    const fail = async (error: LmError): Promise<E.Either<LmError, never>> => {
      await Promise.all(ahead.map(({ read }) => read))
      made.forEach(disposeParameter)
      return E.left(error)
    }
    fill()
    for (let first = ahead.shift(); first !== undefined; first = ahead.shift()) {
      const read = await first.read
      state.bytes -= bytesOf(first.shape)
      if (E.isLeft(read)) return fail(read.left)
      fill()
      try {
        made.set(first.shape.name, read.right())
      } catch (cause) {
        return fail(failure('ModelFailed', causeLine(cause), { where: first.shape.name }))
      }
    }
    return E.right(made)
  }
