/** Weights on the host: dense matrices, the factors of an adapter, and checkpoints read one tensor at a time. */
import type * as TE from 'fp-ts/TaskEither'
import type { FormatError } from './errors'

// model ------------------------------------------------------------------------------------------

/** Row-major dense matrix. */
export interface Matrix {
  readonly rows: number
  readonly cols: number
  readonly data: Float32Array
}

/** How floating-point weights are stored in a file. */
export type StoredDtype = 'F64' | 'F32' | 'F16' | 'BF16'

/** How frozen weights are stored on the device; engines other than TensorFlow's own widen to float32. */
export type StorageDtype = 'float32' | 'bfloat16'

/** One adapted linear layer: W + scale * B A. */
export interface LoraModule {
  /** The module's name in the model, e.g. `model.layers.0.self_attn.q_proj`. */
  readonly name: string
  /** [r, d_in] */
  readonly A: Matrix
  /** [d_out, r] */
  readonly B: Matrix
  /** alpha / r, or alpha / sqrt(r) with rslora; already resolved from patterns. */
  readonly scale: number
}

/**
 * A LoRA adapter as PEFT writes it. `config` is adapter_config.json as decoded JSON, unknown fields included, and `metadata`
 * the safetensors header's: both survive a round trip.
 */
export interface LoraAdapter {
  readonly modules: ReadonlyArray<LoraModule>
  readonly config: Readonly<Record<string, unknown>>
  readonly metadata: Readonly<Record<string, string>>
  readonly dtype: StoredDtype
  /** Tensors that are not LoRA factors (`modules_to_save`, biases): kept with a warning, not applied. */
  readonly extras: ReadonlyArray<NamedTensor>
}

/** L2 norms of what the factors of an adapted layer read, over the tokens of some rows. */
export interface InputNorms {
  /** [d_in] of each coordinate of the layer's input x, which A reads */
  readonly input: Float32Array
  /** [r] of each coordinate of A x, which B reads */
  readonly low: Float32Array
}

/** A tensor that is passed through unchanged: raw little-endian bytes. */
export interface NamedTensor {
  readonly name: string
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  readonly bytes: Uint8Array
}

/** A tensor of a checkpoint. */
export interface TensorEntry {
  /** What it is read as. */
  readonly dtype: string
  readonly shape: ReadonlyArray<number>
  /** What it is stored as in its file, where that is another type: `Q4_K` of a GGUF file. */
  readonly storedAs?: string
}

/** A checkpoint on disk, read by byte range: never more than one tensor in memory. */
export interface WeightSource {
  /** A path, for messages. */
  readonly name: string
  readonly tensors: ReadonlyMap<string, TensorEntry>
  /** The tensor widened to float32, flat and row-major. */
  readonly read: (name: string) => TE.TaskEither<FormatError, Float32Array>
  /** A hash of the checkpoint's contents (header and properties of the file), for cache keys. */
  readonly fingerprint: TE.TaskEither<FormatError, string>
}

// constructors -----------------------------------------------------------------------------------

/** A matrix over `data`, which is not copied: [rows * cols], row-major. */
export const matrix = (rows: number, cols: number, data: Float32Array): Matrix => ({ rows, cols, data })
