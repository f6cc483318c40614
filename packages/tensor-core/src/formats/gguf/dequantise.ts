/** Widens whole blocks of any readable type to float32. */
import { widen } from '../safetensors/dtype'
import { type Dequantise, blockDequantisers } from './blocks'
import { kDequantisers } from './kBlocks'
import type { TensorTypeName } from './types'

const dequantisers: Readonly<Record<TensorTypeName, Dequantise>> = {
  F32: (bytes, out) => widen('F32', bytes, out),
  F16: (bytes, out) => widen('F16', bytes, out),
  BF16: (bytes, out) => widen('BF16', bytes, out),
  ...blockDequantisers,
  ...kDequantisers,
}

/**
 * Widens blocks of a GGUF tensor to float32, equal to Python's `gguf` bit for bit.
 *
 * @param bytes whole blocks @param out one place per value
 */
export const dequantise = (type: TensorTypeName, bytes: Uint8Array, out: Float32Array): void =>
  dequantisers[type](bytes, out)
