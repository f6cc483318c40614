/**
 * Rotary position embedding: the first half of each head's components is paired with the second ("rotate half", as in
 * transformers). theta_i = base^(-2i/d), optionally rescaled; a position p turns pair i by p theta_i.
 */
import type { ModelConfig } from '../../formats'
import { tf } from '../../engine'

type Rope = ModelConfig['rope']

/** [headDim / 2] turning rate of each pair, radians per position. */
export const rotaryRates = (rope: Rope, headDim: number): Float64Array => {
  const rates = Float64Array.from({ length: headDim / 2 }, (_, i) => rope.theta ** ((-2 * i) / headDim))
  const { scaling } = rope
  if (scaling.kind === 'linear') return rates.map((r) => r / scaling.factor)
  if (scaling.kind !== 'llama3') return rates
  // Llama 3.1: long waves are slowed by `factor`, short ones kept, and those between are blended.
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: original } = scaling
  return rates.map((r) => {
    const wavelength = (2 * Math.PI) / r
    if (wavelength < original / highFreqFactor) return r
    if (wavelength > original / lowFreqFactor) return r / factor
    const smooth = (original / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor)
    return (1 - smooth) * (r / factor) + smooth * r
  })
}

/** Cosines and sines of a batch's positions, [rows, length, 1, headDim / 2] each; one row serves all where positions agree. */
export interface RotaryTables {
  readonly cos: tf.Tensor
  readonly sin: tf.Tensor
}

/** @param positions one list per row; all rows of equal length */
export const rotaryTables = (
  rates: Float64Array,
  positions: ReadonlyArray<ArrayLike<number>>,
): RotaryTables => {
  const [rows, length, half] = [positions.length, positions[0]?.length ?? 0, rates.length]
  const cos = new Float32Array(rows * length * half)
  const sin = new Float32Array(rows * length * half)
  positions.forEach((row, n) => {
    for (let t = 0; t < length; t++) {
      const at = (n * length + t) * half
      const p = row[t] ?? 0
      for (let i = 0; i < half; i++) {
        const angle = p * (rates[i] ?? 0)
        cos[at + i] = Math.cos(angle)
        sin[at + i] = Math.sin(angle)
      }
    }
  })
  const shape: [number, number, number, number] = [rows, length, 1, half]
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) }
}

/** Turns x [rows, length, heads, headDim]; with `back`, turns it back, which is also the gradient. */
export const rotate = (x: tf.Tensor, { cos, sin }: RotaryTables, back = false): tf.Tensor =>
  tf.tidy(() => {
    const [first, second] = tf.split(x, 2, -1)
    if (first === undefined || second === undefined) return x
    const [a, b] = [tf.mul(second, sin), tf.mul(first, sin)]
    const [c, d] = [tf.mul(first, cos), tf.mul(second, cos)]
    return tf.concat(back ? [tf.add(c, a), tf.sub(d, b)] : [tf.sub(c, a), tf.add(d, b)], -1)
  })
