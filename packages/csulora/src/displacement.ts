/**
 * V = W_aligned - W_base of an adapted module, read by byte range, as [d_out, d_in] whatever the layer's storage.
 * Every check that needs headers alone is made by `findWeights` before any work is done.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type FormatError,
  type LoraAdapter,
  type LoraModule,
  type WeightSource,
  badInput,
} from '@safe/tensor-core/contracts'
import { type Large, flip, matrixEnergy } from '@safe/tensor-core/linalg'
import type { CsuloraError } from './errors'

// model ------------------------------------------------------------------------------------------

/** The model before and after alignment, of one architecture. */
export interface CheckpointPair {
  readonly base: WeightSource
  readonly aligned: WeightSource
}

/** A module and the tensor it adapts. */
export interface AdaptedWeight {
  readonly module: LoraModule
  readonly tensor: string
  /** The tensor is stored [d_in, d_out] (`fan_in_fan_out`). */
  readonly transposed: boolean
}

const dims = (shape: ReadonlyArray<number>): string => `[${shape.join(', ')}]`

// checks -----------------------------------------------------------------------------------------

/** `<module>.weight`; an output head tied to the embedding is stored under the embedding's name alone. */
const tensorOf = (module: string, source: WeightSource): string | undefined => {
  const own = `${module}.weight`
  if (source.tensors.has(own)) return own
  const tied = module === 'lm_head' ? 'model.embed_tokens.weight' : undefined
  return tied !== undefined && source.tensors.has(tied) ? tied : undefined
}

const findWeight = (
  { base, aligned }: CheckpointPair,
  module: LoraModule,
  transposed: boolean,
): E.Either<CsuloraError, AdaptedWeight> => {
  const tensor = tensorOf(module.name, aligned)
  const remedy = 'is this the adapter of another model? Give the checkpoint it was trained on as `aligned`'
  if (tensor === undefined)
    return E.left(
      badInput('AdapterMismatch', `has no weight for the adapted module ${module.name}`, {
        where: aligned.name,
        remedy,
      }),
    )
  const shape = aligned.tensors.get(tensor)?.shape ?? []
  const wanted = transposed ? [module.A.cols, module.B.rows] : [module.B.rows, module.A.cols]
  if (dims(shape) !== dims(wanted))
    return E.left(
      badInput(
        'AdapterMismatch',
        `${module.name} is ${dims(shape)}, but the adapter's module is ${dims(wanted)}`,
        { where: aligned.name, remedy },
      ),
    )
  const twin = base.tensors.get(tensor)
  if (twin === undefined || dims(twin.shape) !== dims(shape))
    return E.left(
      badInput(
        'CheckpointMismatch',
        twin === undefined
          ? `has no ${tensor}`
          : `${tensor} is ${dims(twin.shape)}, but ${dims(shape)} in ${aligned.name}`,
        { where: base.name, remedy: 'give the base checkpoint of the same model as `base`' },
      ),
    )
  return E.right({ module, tensor, transposed })
}

/** The tensors of all adapted modules; what does not fit is named. */
export const findWeights = (
  pair: CheckpointPair,
  adapter: LoraAdapter,
): E.Either<CsuloraError, ReadonlyArray<AdaptedWeight>> =>
  pipe(
    adapter.modules,
    E.traverseArray((module) => findWeight(pair, module, adapter.config['fan_in_fan_out'] === true)),
  )

// difference -------------------------------------------------------------------------------------

/** Up to this many entries a difference that float32 cannot hold is kept in doubles (32 MiB). */
const doublesUpTo = 1 << 22

/** Whether float32 holds every v - w, as it does for most bfloat16 checkpoints. */
const fitsSingle = (v: Float32Array, w: Float32Array): boolean => {
  for (let i = 0; i < v.length; i++) {
    const d = (v[i] ?? 0) - (w[i] ?? 0)
    if (Math.fround(d) !== d) return false
  }
  return true
}

/** v - w, in place where float32 holds it or the matrix is large. */
const difference = (v: Float32Array, w: Float32Array): Float32Array | Float64Array => {
  const out = v.length > doublesUpTo || fitsSingle(v, w) ? v : new Float64Array(v.length)
  for (let i = 0; i < v.length; i++) out[i] = (v[i] ?? 0) - (w[i] ?? 0)
  return out
}

// reading ----------------------------------------------------------------------------------------

/** Base and aligned are equal in a module. */
export const noDisplacement = (module: string): CsuloraError =>
  badInput(
    'NoDisplacement',
    `base and aligned are equal in ${module}: without a displacement there is no aligned subspace`,
    {
      where: module,
      remedy:
        'give the base checkpoint the aligned one was made from, or say with `unmoved` whether to keep or drop such updates',
    },
  )

/** @returns undefined where V = 0; left `NotFinite` where a weight is NaN or infinite. */
export const readDisplacement = (
  { base, aligned }: CheckpointPair,
  { module, tensor, transposed }: AdaptedWeight,
): TE.TaskEither<CsuloraError | FormatError, Large | undefined> =>
  pipe(
    aligned.read(tensor),
    TE.chain((v) =>
      pipe(
        base.read(tensor),
        TE.map((w) => difference(v, w)),
      ),
    ),
    TE.map((data): Large => {
      const [dOut, dIn] = [module.B.rows, module.A.cols]
      return transposed ? flip({ rows: dIn, cols: dOut, data }) : { rows: dOut, cols: dIn, data }
    }),
    TE.chainEitherKW((v): E.Either<CsuloraError, Large | undefined> => {
      const size = matrixEnergy(v)
      return Number.isFinite(size)
        ? E.right(size === 0 ? undefined : v)
        : E.left(
            badInput('NotFinite', `aligned - base is not finite in ${module.name}`, {
              where: module.name,
              remedy: 'check both checkpoints',
            }),
          )
    }),
  )
