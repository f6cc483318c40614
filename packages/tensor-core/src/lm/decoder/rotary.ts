/**
 * Rotary position embedding: the first half of each head's components is paired with the second ("rotate half", as in
 * transformers); position p rotates pair i by p times its rate.
 */
import type { Rope } from '../../formats'
import { rotateHalves, tf } from '../../engine'
import { attentionFactor, rotaryRates, rotaryRegime } from './rotaryRates'

// tables -----------------------------------------------------------------------------------------

/** Cosines and sines of a batch's positions, [rows, length, 1, headDim / 2] each; a single row where all rows have the same. */
export interface RotaryTables {
  readonly cos: tf.Tensor
  readonly sin: tf.Tensor
}

/**
 * Positions up to which angles are computed exactly: float32 would be off by at most 2e-5 radians. Beyond, they are rounded as
 * transformers rounds them, since that error grows with the position and is part of what a model was trained and is served with.
 */
const EXACT_UP_TO = 256

/**
 * @param rates of each row at a position
 * @param positions one list per row; all rows of equal length
 * @param factor multiplies all values
 */
export const rotaryTables = (
  rates: (row: number, position: number) => Float64Array,
  positions: ReadonlyArray<ArrayLike<number>>,
  factor = 1,
): RotaryTables => {
  const [rows, length, half] = [positions.length, positions[0]?.length ?? 0, rates(0, 0).length]
  const cos = new Float32Array(rows * length * half)
  const sin = new Float32Array(rows * length * half)
  positions.forEach((row, n) => {
    for (let t = 0; t < length; t++) {
      const at = (n * length + t) * half
      const p = row[t] ?? 0
      const own = rates(n, p)
      for (let i = 0; i < half; i++) {
        const exact = p * (own[i] ?? 0)
        const angle = p < EXACT_UP_TO ? exact : Math.fround(exact)
        cos[at + i] = Math.cos(angle) * factor
        sin[at + i] = Math.sin(angle) * factor
      }
    }
  })
  const shape: [number, number, number, number] = [rows, length, 1, half]
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) }
}

/** Tables that rotate by nothing, for layers without a rotary embedding: the same operations, which change no value. */
export const identityTables = (headDim: number, length: number): RotaryTables => {
  const shape: [number, number, number, number] = [1, length, 1, headDim / 2]
  return { cos: tf.ones(shape), sin: tf.zeros(shape) }
}

/**
 * The tables of rows of unequal length: each row is rotated as it would be alone, whatever else is in the batch.
 *
 * @param positions one list per row, or one list for all
 * @param lengths tokens that each row holds, new ones included
 */
export const rotaryOf = (
  rope: Rope,
  headDim: number,
  positions: ReadonlyArray<ArrayLike<number>>,
  lengths: ReadonlyArray<number>,
): RotaryTables => {
  const ratesFor = (length: number): readonly [Float64Array, Float64Array] => [
    rotaryRates(rope, headDim, length, 'exact'),
    rotaryRates(rope, headDim, length, 'float32'),
  ]
  const regimes = lengths.map((length) => rotaryRegime(rope, length))
  const known = new Map([...new Set(regimes)].map((regime) => [regime, ratesFor(regime)] as const))
  const first = ratesFor(0)
  const [only] = positions
  const shared = only !== undefined && positions.length === 1 && known.size > 1
  return rotaryTables(
    (row, position) => {
      const [exact, rounded] = known.get(regimes[row] ?? 0) ?? first
      return position < EXACT_UP_TO ? exact : rounded
    },
    shared ? lengths.map(() => only) : positions,
    attentionFactor(rope),
  )
}

// rotation ---------------------------------------------------------------------------------------

/** Rotates x [rows, length, heads, headDim]; with `back`, rotates it back, which is also the gradient. */
export const rotate = (x: tf.Tensor, { cos, sin }: RotaryTables, back = false): tf.Tensor =>
  rotateHalves(x, cos, sin, back)
