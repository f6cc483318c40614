/**
 * A linear layer y = x W^T + b + s (D x) A^T B^T, where W [out, in] is stored as checkpoints store it, (A, B) are the factors of
 * an attached adapter and D is dropout's mask. Gradients are written by hand and keep only x.
 */
import { type FrozenMatrix, matMul, matMulAdd, tf } from '../../engine'

// model ------------------------------------------------------------------------------------------

/** Factors on the device: A [r, in], B [out, r]. */
export interface Factors {
  readonly A: tf.Tensor
  readonly B: tf.Tensor
  readonly scale: number
}

/** Dropout on the input of one module's factors: a mask of 0 and 1 / (1 - p), the same on every call of one pass. */
export type DropoutMask = (module: string, shape: readonly [number, number]) => tf.Tensor

export interface Linear {
  readonly name: string
  readonly matrix: FrozenMatrix
  readonly bias?: tf.Tensor
}

/** What acts on the linear layers in one pass. */
export interface Adaptation {
  readonly factors: ReadonlyMap<string, Factors>
  readonly dropout?: DropoutMask
}

/** Gradients by parameter name; each is the receiver's to free. */
export type Gradients = Record<string, tf.Tensor>

/** Which gradients a backward pass makes. */
export interface Wanted {
  /** Number of examples where each one's own gradient is wanted (a leading axis); 1 for gradients summed over the batch. */
  readonly examples: number
  /** Also of the frozen weights (full-parameter training). */
  readonly weights: boolean
}

// the layer --------------------------------------------------------------------------------------

const maskOf = (x: tf.Tensor, name: string, { dropout }: Adaptation): tf.Tensor | undefined => {
  const [rows = 0, width = 0] = x.shape
  return dropout?.(name, [rows, width])
}
const dropped = (x: tf.Tensor, mask: tf.Tensor | undefined): tf.Tensor =>
  mask === undefined ? x : tf.mul(x, mask)

export const linear = (layer: Linear, x: tf.Tensor, adaptation: Adaptation): tf.Tensor =>
  tf.tidy(() => {
    const plain = layer.matrix.product(x)
    const y = layer.bias === undefined ? plain : tf.add(plain, layer.bias)
    const f = adaptation.factors.get(layer.name)
    if (f === undefined) return y
    const low = matMul(dropped(x, maskOf(x, layer.name, adaptation)), f.A, false, true)
    return matMulAdd(y, tf.mul(low, f.scale), f.B, false, true)
  })

/** a^T b over all rows, or per example: [rows, p], [rows, q] -> [p, q] or [examples, p, q]. */
const outer = (a: tf.Tensor, b: tf.Tensor, examples: number): tf.Tensor => {
  if (examples === 1) return matMul(a, b, true, false)
  const [rows = 0, p = 0] = a.shape
  const q = b.shape[1] ?? 0
  const each = rows / examples
  return matMul(tf.reshape(a, [examples, each, p]), tf.reshape(b, [examples, each, q]), true, false)
}

/** Whether a layer's gradients need its input. */
export const needsInput = (layer: Linear, { factors }: Adaptation, wanted: Wanted): boolean =>
  wanted.weights || factors.has(layer.name)

/** Where the gradient of a linear layer starts. */
export interface LinearCotangent {
  /** The layer's input [rows, in], which only some gradients need (`needsInput`). */
  readonly x: tf.Tensor | undefined
  /** [rows, out] gradient of the layer's output */
  readonly dy: tf.Tensor
}

/** @returns dx, and the gradients wanted under `<module>.lora_A`, `<module>.lora_B`, `<module>.weight`, `<module>.bias` */
export const linearPullback = (
  layer: Linear,
  { x, dy }: LinearCotangent,
  adaptation: Adaptation,
  wanted: Wanted,
): { readonly dx: tf.Tensor; readonly gradients: Gradients } =>
  tf.tidy(() => {
    const gradients: Gradients = {}
    const plain = layer.matrix.pullback(dy)
    if (wanted.weights && x !== undefined) {
      gradients[`${layer.name}.weight`] = outer(dy, x, 1)
      if (layer.bias !== undefined) gradients[`${layer.name}.bias`] = tf.sum(dy, 0)
    }
    const f = adaptation.factors.get(layer.name)
    if (f === undefined || x === undefined) return { dx: plain, gradients }
    const mask = maskOf(x, layer.name, adaptation)
    const input = dropped(x, mask)
    const low = matMul(input, f.A, false, true)
    const dyScaled = tf.mul(dy, f.scale)
    const dLow = matMul(dyScaled, f.B)
    gradients[`${layer.name}.lora_A`] = outer(dLow, input, wanted.examples)
    gradients[`${layer.name}.lora_B`] = outer(dyScaled, low, wanted.examples)
    const dx =
      mask === undefined ? matMulAdd(plain, dLow, f.A) : tf.add(plain, tf.mul(matMul(dLow, f.A), mask))
    return { dx, gradients }
  })
