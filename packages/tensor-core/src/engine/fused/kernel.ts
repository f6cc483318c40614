/**
 * Fused operations: several entry-wise steps in one pass over memory if the current engine has a kernel for it, else the same steps
 * one by one. An engine provides such a kernel by registering it under its name (`wasm/fused`, `native/kernels/register`).
 */
import { tf } from '../tf'

// model ------------------------------------------------------------------------------------------

/** The names under which engines register fused kernels. */
export const fusedNames = {
  matMulAdd: 'MatMulAdd',
  rmsNorm: 'RmsNorm',
  rmsNormPullback: 'RmsNormPullback',
  scaled: 'ScaleRows',
  rotate: 'RotateHalves',
  gatedSilu: 'GatedSilu',
  gatedSiluPullback: 'GatedSiluPullback',
  maskedSoftmax: 'MaskedSoftmax',
  softmaxPullback: 'SoftmaxPullback',
  tokenCrossEntropy: 'TokenCrossEntropy',
  gatedGelu: 'GatedGelu',
  gatedGeluPullback: 'GatedGeluPullback',
  adamW: 'AdamW',
  adamWInPlace: 'AdamWInPlace',
  causalAttention: 'CausalAttention',
  causalAttentionPullback: 'CausalAttentionPullback',
  cachedAttention: 'CachedAttention',
  rowsProduct: 'RowsProduct',
  decoderLayer: 'DecoderLayer',
  tokenScores: 'TokenScores',
  largestLogit: 'LargestLogit',
} as const

export type FusedName = (typeof fusedNames)[keyof typeof fusedNames]

/** A backend's kernel of that name; TensorFlow.js's own type omits that there may be none. */
export const registeredKernel = (name: string, backend: string): tf.KernelConfig | undefined =>
  tf.getKernel(name, backend)

const kernelOf = (name: FusedName): tf.KernelConfig | undefined => registeredKernel(name, tf.getBackend())

/** Whether the current engine has a kernel of that name. */
export const hasFused = (name: FusedName): boolean => kernelOf(name) !== undefined

// running ----------------------------------------------------------------------------------------

/** The outputs of the current engine's kernel; undefined if it has none, or if an input is empty. */
export const runFused = (
  name: FusedName,
  inputs: tf.NamedTensorMap,
  attrs: tf.NamedAttrMap = {},
): ReadonlyArray<tf.Tensor> | undefined => {
  if (kernelOf(name) === undefined) return undefined
  if (Object.values(inputs).some((t) => t.size === 0)) return undefined
  return [tf.engine().runKernel<tf.Tensor | tf.Tensor[]>(name, inputs, attrs)].flat()
}
