/**
 * The memory a model needs, computed from its configuration, against what the engine can still have: work that cannot fit is
 * refused before it starts. Only what must be held at the same time is counted, so nothing that fits is refused.
 */
import * as E from 'fp-ts/Either'
import { type LmError, type StorageDtype, badInput } from '../contracts'
import { attendsCausally, freeTensorBytes, nativeBackend } from '../engine'
import type { ModelConfig } from '../formats'
import { parameterShapes } from './decoder/parameters'

// arithmetic -------------------------------------------------------------------------------------

const elements = (shape: ReadonlyArray<number>): number => shape.reduce((n, d) => n * d, 1)

/** Bytes of all parameters on the device; bfloat16 halves the matrices where the engine has that type. */
export const weightBytes = (config: ModelConfig, dtype: StorageDtype, hasBFloat16: boolean): number =>
  parameterShapes(config).reduce(
    (sum, { shape }) =>
      sum + elements(shape) * (dtype === 'bfloat16' && hasBFloat16 && shape.length === 2 ? 2 : 4),
    0,
  )

/**
 * Bytes that a training step holds beside the weights, at the least: every layer's input, and in one layer at a time the three wide
 * activations of the MLP, and the attention weights unless the engine's own kernels attend.
 *
 * @param tokens rows * length of the largest batch @param length of its rows
 */
export const stepBytes = (config: ModelConfig, tokens: number, length: number): number => {
  const weights = attendsCausally() && config.attentionSoftcap === undefined ? 0 : 2 * config.heads * length
  return 4 * tokens * ((config.layers + 4) * config.hiddenSize + 3 * config.intermediateSize + weights)
}

/**
 * Bytes that fine-tuning an adapter holds at the least: the frozen weights, and a step of whole rows. The adapter itself is left
 * out; it is small beside them.
 */
export const fineTuningBytes = (
  config: ModelConfig,
  {
    dtype,
    batchSize,
    maxLength,
  }: { readonly dtype: StorageDtype; readonly batchSize: number; readonly maxLength: number },
): number =>
  weightBytes(config, dtype, nativeBackend() !== undefined) +
  stepBytes(config, batchSize * maxLength, maxLength)

/** Copies of what is trained: the parameters, their gradients, and the two moments of AdamW. */
export const trainedBytes = (trained: number): number => 4 * 4 * trained

// the check --------------------------------------------------------------------------------------

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1)} GB`

/** What is about to be held. */
export interface Need {
  /** The model folder, for messages. */
  readonly where: string
  /** What it is for, following "needs N GB for". */
  readonly purpose: string
  readonly bytes: number
  /** What to do instead. */
  readonly remedy: string
}

/** @returns left `OutOfMemory` where the engine cannot have that much */
export const checkMemory = (need: Need, free = freeTensorBytes()): E.Either<LmError, void> =>
  need.bytes <= free
    ? E.right(undefined)
    : E.left(
        badInput(
          'OutOfMemory',
          `needs ${gigabytes(need.bytes)} for ${need.purpose}, ${gigabytes(free)} are free`,
          {
            where: need.where,
            remedy: need.remedy,
          },
        ),
      )

/** What to do where weights do not fit. @param brief their bytes in bfloat16 @param native whether this engine can store that */
const weightRemedy = (brief: number, dtype: StorageDtype, native: boolean, free: number): string =>
  !native
    ? `use \`dtype\` bfloat16 (${gigabytes(brief)}) on the native \`engine\` (tensor-core engine build native), or a smaller model`
    : dtype === 'bfloat16' || brief > free
      ? `use a smaller model, or a machine with more memory${dtype === 'bfloat16' ? '' : ` (in bfloat16 it needs ${gigabytes(brief)})`}`
      : `use \`dtype\` bfloat16 (${gigabytes(brief)}), or a machine with more memory`

/** The check before a model is loaded. */
export const checkWeightMemory = (
  config: ModelConfig,
  dtype: StorageDtype,
  where: string,
  free = freeTensorBytes(),
): E.Either<LmError, void> => {
  const native = nativeBackend() !== undefined
  const bytes = weightBytes(config, dtype, native)
  return checkMemory(
    {
      where,
      purpose: `its weights in ${native ? dtype : 'float32'}`,
      bytes,
      remedy: weightRemedy(weightBytes(config, 'bfloat16', true), dtype, native, free),
    },
    free,
  )
}
