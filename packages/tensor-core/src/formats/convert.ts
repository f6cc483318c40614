/** A model of any readable kind as a Hugging Face folder, tensor by tensor. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { FormatError, StoredDtype } from '../contracts'
import { isGgufPath } from './gguf'
import { type ModelFolder, openModelFolder, writeModelFolder } from './modelFolder'
import { type TensorToWrite, isStoredDtype } from './safetensors'

// model ------------------------------------------------------------------------------------------

/** The types that a model can be converted to. */
export type ModelDtype = 'float32' | 'bfloat16' | 'float16'

/** How a model is converted. */
export interface ConvertOptions {
  /** The type of all weights; by default bfloat16 for a GGUF file, else each as it is stored. */
  readonly dtype?: ModelDtype
  /** Largest shard in bytes; default 5e9. */
  readonly maxShardBytes?: number
  /** Called with the number of tensors when the model is open, and after each tensor. */
  readonly onStart?: (tensors: number) => void
  readonly onTensor?: () => void
}

/** What a conversion wrote. */
export interface Converted {
  readonly tensors: number
  readonly parameters: number
  /** The requested type; undefined where each tensor is written as it was stored. */
  readonly dtype: ModelDtype | undefined
}

const stored: Readonly<Record<ModelDtype, StoredDtype>> = {
  float32: 'F32',
  bfloat16: 'BF16',
  float16: 'F16',
}
const shardBytes = 5e9

// conversion -------------------------------------------------------------------------------------

/** A tensor as it is to be written: read when its turn comes. Integer tensors are copied whatever the type asked for. */
const tensorOf = (
  { weights }: ModelFolder,
  name: string,
  dtype: StoredDtype | undefined,
  done: () => void,
): TensorToWrite => {
  const { dtype: own, shape } = weights.tensors.get(name) ?? { dtype: 'F32', shape: [] }
  const counted = <A>(read: TE.TaskEither<FormatError, A>): TE.TaskEither<FormatError, A> =>
    pipe(
      read,
      TE.tapIO(() => done),
    )
  return dtype === undefined || dtype === own || !isStoredDtype(own)
    ? {
        name,
        dtype: own,
        shape,
        raw: counted(
          pipe(
            weights.readRaw(name),
            TE.map(({ bytes }) => bytes),
          ),
        ),
      }
    : { name, dtype, shape, values: counted(weights.read(name)) }
}

/** config.json with the type that the weights now have. */
const withDtype = (
  raw: Readonly<Record<string, unknown>>,
  dtype: ModelDtype | undefined,
): Readonly<Record<string, unknown>> =>
  dtype === undefined
    ? raw
    : 'dtype' in raw
      ? { ...raw, dtype, ...('torch_dtype' in raw ? { torch_dtype: dtype } : {}) }
      : { ...raw, torch_dtype: dtype }

const elements = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/**
 * Writes a model folder or GGUF file as a Hugging Face folder: config.json, safetensors, tokenizer and generation files. One tensor
 * is in memory at a time. An existing target is replaced: call `refuseExisting` first.
 */
export const convertModel = (
  model: string,
  out: string,
  {
    dtype = isGgufPath(model) ? 'bfloat16' : undefined,
    maxShardBytes = shardBytes,
    onStart = () => undefined,
    onTensor = () => undefined,
  }: ConvertOptions = {},
): TE.TaskEither<FormatError, Converted> =>
  pipe(
    openModelFolder(model),
    TE.chain((folder) => {
      const names = [...folder.weights.tensors.keys()].sort()
      const shapes = [...folder.weights.tensors.values()].map(({ shape }) => shape)
      onStart(names.length)
      const target = dtype === undefined ? undefined : stored[dtype]
      return pipe(
        writeModelFolder(out, {
          config: folder.config,
          rawConfig: withDtype(folder.rawConfig, dtype),
          companionsFrom: model,
          tensors: names.map((name) => tensorOf(folder, name, target, onTensor)),
          maxShardBytes,
        }),
        TE.map(() => ({
          tensors: names.length,
          parameters: shapes.reduce((sum, shape) => sum + elements(shape), 0),
          dtype,
        })),
      )
    }),
  )
