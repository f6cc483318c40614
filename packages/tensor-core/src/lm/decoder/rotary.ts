/**
 * Rotary position embedding: the first half of each head's components is paired with the second ("rotate half", as in
 * transformers). theta_i = base^(-2i/d), optionally rescaled; a position p turns pair i by p theta_i. The rescalings are those of
 * transformers' `modeling_rope_utils`: linear (arXiv 2306.15595), dynamic NTK, YaRN (2309.00071), LongRoPE (2402.13753), Llama 3.1.
 */
import type { Rope, RopeScaling } from '../../formats'
import { rotateHalves, tf } from '../../engine'

// rates ------------------------------------------------------------------------------------------

type Scaled<Kind extends RopeScaling['kind']> = Extract<RopeScaling, { readonly kind: Kind }>

const plainRates = (theta: number, headDim: number): Float64Array =>
  Float64Array.from({ length: headDim / 2 }, (_, i) => theta ** ((-2 * i) / headDim))

/** Llama 3.1: long waves are slowed by `factor`, short ones kept, and those between are blended. */
const llama3Rates = (rates: Float64Array, s: Scaled<'llama3'>): Float64Array => {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: original } = s
  return rates.map((r) => {
    const wavelength = (2 * Math.PI) / r
    if (wavelength < original / highFreqFactor) return r
    if (wavelength > original / lowFreqFactor) return r / factor
    const smooth = (original / wavelength - lowFreqFactor) / (highFreqFactor - lowFreqFactor)
    return (1 - smooth) * (r / factor) + smooth * r
  })
}

/** YaRN: pairs that turn often keep their rate, those that turn less than once are slowed by `factor`, a ramp between. */
const yarnRates = (rates: Float64Array, theta: number, headDim: number, s: Scaled<'yarn'>): Float64Array => {
  /** The component whose pair turns so often within the trained length. */
  const componentOf = (turns: number): number =>
    (headDim * Math.log(s.originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const [first, last] = [componentOf(s.betaFast), componentOf(s.betaSlow)]
  const low = Math.max(s.truncate ? Math.floor(first) : first, 0)
  const high = Math.min(s.truncate ? Math.ceil(last) : last, headDim - 1)
  const width = low === high ? 0.001 : high - low
  return rates.map((r, i) => {
    const slowed = Math.min(1, Math.max(0, (i - low) / width))
    return (r / s.factor) * slowed + r * (1 - slowed)
  })
}

/** [headDim / 2] turning rate of each pair, radians per position, in a sequence of this length. */
export const rotaryRates = ({ theta, scaling }: Rope, headDim: number, length: number): Float64Array => {
  const rates = plainRates(theta, headDim)
  switch (scaling.kind) {
    case 'none':
      return rates
    case 'linear':
      return rates.map((r) => r / scaling.factor)
    case 'dynamic': {
      const { factor, maxPositionEmbeddings: trained } = scaling
      const stretch = (factor * Math.max(length, trained)) / trained - (factor - 1)
      return plainRates(theta * stretch ** (headDim / (headDim - 2)), headDim)
    }
    case 'llama3':
      return llama3Rates(rates, scaling)
    case 'yarn':
      return yarnRates(rates, theta, headDim, scaling)
    case 'longrope': {
      const long = length > scaling.originalMaxPositionEmbeddings
      const factors = long ? scaling.longFactor : scaling.shortFactor
      return rates.map((r, i) => r / (factors[i] ?? 1))
    }
  }
}

/** What cosines and sines are multiplied by, so that attention stays as sharp on longer contexts. */
const attentionFactor = ({ scaling }: Rope): number =>
  scaling.kind === 'yarn' || scaling.kind === 'longrope' ? scaling.attentionFactor : 1

/** Sequences for which this is the same turn at the same rates. */
const regimeOf = ({ scaling }: Rope, length: number): number =>
  scaling.kind === 'dynamic'
    ? Math.max(length, scaling.maxPositionEmbeddings)
    : scaling.kind === 'longrope' && length > scaling.originalMaxPositionEmbeddings
      ? scaling.originalMaxPositionEmbeddings + 1
      : 0

// tables -----------------------------------------------------------------------------------------

/** Cosines and sines of a batch's positions, [rows, length, 1, headDim / 2] each; one row serves all where positions agree. */
export interface RotaryTables {
  readonly cos: tf.Tensor
  readonly sin: tf.Tensor
}

/**
 * @param rates of each row
 * @param positions one list per row; all rows of equal length
 * @param factor multiplies all values
 */
export const rotaryTables = (
  rates: (row: number) => Float64Array,
  positions: ReadonlyArray<ArrayLike<number>>,
  factor = 1,
): RotaryTables => {
  const [rows, length, half] = [positions.length, positions[0]?.length ?? 0, rates(0).length]
  const cos = new Float32Array(rows * length * half)
  const sin = new Float32Array(rows * length * half)
  positions.forEach((row, n) => {
    const own = rates(n)
    for (let t = 0; t < length; t++) {
      const at = (n * length + t) * half
      const p = row[t] ?? 0
      for (let i = 0; i < half; i++) {
        const angle = p * (own[i] ?? 0)
        cos[at + i] = Math.cos(angle) * factor
        sin[at + i] = Math.sin(angle) * factor
      }
    }
  })
  const shape: [number, number, number, number] = [rows, length, 1, half]
  return { cos: tf.tensor4d(cos, shape), sin: tf.tensor4d(sin, shape) }
}

/**
 * The tables of rows of unequal length: each row turns as it would alone, whatever stands beside it in the batch.
 *
 * @param positions one list per row, or one list that serves all
 * @param lengths tokens that each row holds, new ones included
 */
export const rotaryOf = (
  rope: Rope,
  headDim: number,
  positions: ReadonlyArray<ArrayLike<number>>,
  lengths: ReadonlyArray<number>,
): RotaryTables => {
  const regimes = lengths.map((length) => regimeOf(rope, length))
  const known = new Map(
    regimes.map((regime, n): [number, Float64Array] => [regime, rotaryRates(rope, headDim, lengths[n] ?? 0)]),
  )
  const first = rotaryRates(rope, headDim, lengths[0] ?? 0)
  const [only] = positions
  const shared = only !== undefined && positions.length === 1 && known.size > 1
  return rotaryTables(
    (row) => known.get(regimes[row] ?? 0) ?? first,
    shared ? lengths.map(() => only) : positions,
    attentionFactor(rope),
  )
}

// turning ----------------------------------------------------------------------------------------

/** Turns x [rows, length, heads, headDim]; with `back`, turns it back, which is also the gradient. */
export const rotate = (x: tf.Tensor, { cos, sin }: RotaryTables, back = false): tf.Tensor =>
  rotateHalves(x, cos, sin, back)
