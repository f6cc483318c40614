/**
 * A checkpoint's tensors onto the device, one at a time: while one is put there, the next is being read. On TensorFlow's own
 * devices the bytes are taken as they are stored and converted there; elsewhere they are widened while they are read.
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
import type { NamedShape } from '../decoder/weights'

// model ------------------------------------------------------------------------------------------

/** One parameter of a decoder on the device. */
export type Parameter =
  | { readonly kind: 'matrix'; readonly matrix: FrozenMatrix }
  | { readonly kind: 'vector'; readonly vector: tf.Tensor }

/** A parameter in float32 before it is stored: an adapter is merged into it here. */
export type Amend = (name: string, weight: tf.Tensor) => tf.Tensor

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
  shape.length === 2 ? { kind: 'matrix', matrix: float32Matrix(weight) } : { kind: 'vector', vector: weight }

/** Reads one tensor; vectors (gains, biases) always stay float32; what is given back puts it onto the device. */
const reading = async (
  folder: ModelFolder,
  { name, shape }: NamedShape,
  storage: StorageDtype,
  amend: Amend,
): Promise<Reading> => {
  const dtype = folder.weights.tensors.get(name)?.dtype ?? ''
  const [rows = 0, cols = 0] = shape
  const brief = storage === 'bfloat16' && shape.length === 2
  if (nativeBackend() !== undefined && isDeviceDtype(dtype)) {
    const raw = await folder.weights.readRaw(name)()
    return E.isLeft(raw)
      ? raw
      : E.right(() => {
          const { bytes } = raw.right
          const matrix = brief ? matrixFromBytes(bytes, dtype, [rows, cols]) : undefined
          if (matrix !== undefined) return { kind: 'matrix', matrix }
          const weight = tensorFromBytes(bytes, dtype, shape)
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

/** All parameters by name; the caller disposes of them. Where one fails, those before it are freed. */
export const readParameters =
  (
    folder: ModelFolder,
    shapes: ReadonlyArray<NamedShape>,
    storage: StorageDtype,
    amend: Amend,
  ): TE.TaskEither<LmError, ReadonlyMap<string, Parameter>> =>
  async () => {
    const made = new Map<string, Parameter>()
    const start = (i: number): Promise<Reading> | undefined => {
      const shape = shapes[i]
      return shape === undefined ? undefined : reading(folder, shape, storage, amend)
    }
    const fail = (error: LmError): E.Either<LmError, never> => {
      made.forEach(disposeParameter)
      return E.left(error)
    }
    let pending = start(0)
    for (let i = 0; i < shapes.length; i++) {
      const read = await pending
      const name = shapes[i]?.name ?? ''
      if (read === undefined) break
      if (E.isLeft(read)) return fail(read.left)
      pending = start(i + 1)
      try {
        made.set(name, read.right())
      } catch (cause) {
        await pending
        return fail(failure('ModelFailed', causeLine(cause), { where: name }))
      }
    }
    return E.right(made)
  }
