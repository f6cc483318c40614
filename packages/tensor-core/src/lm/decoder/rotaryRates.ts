/**
 * How fast each pair of a head's components rotates with the position: theta_i = base^(-2i/d), rescaled for longer contexts as in
 * transformers' `modeling_rope_utils`: linear (arXiv 2306.15595), dynamic NTK, YaRN (2309.00071), LongRoPE (2402.13753), Llama 3.1.
 */
import type { Rope, RopeScaling } from '../../formats'

// model ------------------------------------------------------------------------------------------

/**
 * Exactly, or rounded step by step as float32 arithmetic does: the rates that models are served with, whose error grows with the
 * position.
 */
export type Precision = 'exact' | 'float32'

type Scaled<Kind extends RopeScaling['kind']> = Extract<RopeScaling, { readonly kind: Kind }>
type Rounding = (x: number) => number

// the scalings -----------------------------------------------------------------------------------

const plainRates = (theta: number, headDim: number, precision: Precision): Float64Array =>
  Float64Array.from({ length: headDim / 2 }, (_, i) =>
    precision === 'exact'
      ? theta ** ((-2 * i) / headDim)
      : Math.fround(1 / Math.fround(theta ** Math.fround((2 * i) / headDim))),
  )

/** NTK: a base that grows with the part of the sequence beyond the trained length. */
const dynamicBase = (
  theta: number,
  headDim: number,
  length: number,
  { factor, maxPositionEmbeddings: trained }: Scaled<'dynamic'>,
  r: Rounding,
): number => {
  if (length <= trained) return theta
  const stretch = r(r(r(r(factor) * length) / trained) - r(factor - 1))
  return r(theta * r(stretch ** (headDim / (headDim - 2))))
}

/** Llama 3.1: long waves are slowed by `factor`, short ones kept, and those between are blended. */
const llama3Rates = (rates: Float64Array, s: Scaled<'llama3'>, r: Rounding): Float64Array => {
  const { factor, lowFreqFactor, highFreqFactor, originalMaxPositionEmbeddings: original } = s
  return rates.map((rate) => {
    const wavelength = r(r(2 * Math.PI) / rate)
    if (wavelength < original / highFreqFactor) return rate
    if (wavelength > original / lowFreqFactor) return r(rate / r(factor))
    const smooth = r(r(r(original / wavelength) - r(lowFreqFactor)) / r(highFreqFactor - lowFreqFactor))
    return r(r(r(r(1 - smooth) * rate) / r(factor)) + r(smooth * rate))
  })
}

/** YaRN: fast pairs keep their rate, those that complete less than one rotation are slowed by `factor`, with a ramp between. */
const yarnRates = (
  rates: Float64Array,
  theta: number,
  headDim: number,
  s: Scaled<'yarn'>,
  r: Rounding,
): Float64Array => {
  /** The component whose pair completes this many rotations within the trained length. */
  const componentOf = (turns: number): number =>
    (headDim * Math.log(s.originalMaxPositionEmbeddings / (turns * 2 * Math.PI))) / (2 * Math.log(theta))
  const [first, last] = [componentOf(s.betaFast), componentOf(s.betaSlow)]
  const low = Math.max(s.truncate ? Math.floor(first) : first, 0)
  const high = Math.min(s.truncate ? Math.ceil(last) : last, headDim - 1)
  const width = low === high ? 0.001 : high - low
  return rates.map((rate, i) => {
    const kept = r(1 - Math.min(1, Math.max(0, r(r(i - r(low)) / r(width)))))
    const wave = r(theta ** r((2 * i) / headDim))
    const slowed = r(1 / r(r(s.factor) * wave))
    return r(r(slowed * r(1 - kept)) + r(rate * kept))
  })
}

const longRopeRates = (
  theta: number,
  headDim: number,
  factors: ReadonlyArray<number>,
  r: Rounding,
): Float64Array =>
  Float64Array.from(factors, (factor, i) => r(1 / r(r(factor) * r(theta ** r((2 * i) / headDim)))))

// rates ------------------------------------------------------------------------------------------

/** [headDim / 2] rate of each pair, radians per position, in a sequence of this length. */
export const rotaryRates = (
  { theta, scaling }: Rope,
  headDim: number,
  length: number,
  precision: Precision,
): Float64Array => {
  const r: Rounding = precision === 'exact' ? (x) => x : Math.fround
  const rates = plainRates(theta, headDim, precision)
  switch (scaling.kind) {
    case 'none':
      return rates
    case 'linear':
      return rates.map((rate) => r(rate / r(scaling.factor)))
    case 'dynamic':
      return plainRates(dynamicBase(theta, headDim, length, scaling, r), headDim, precision)
    case 'llama3':
      return llama3Rates(rates, scaling, r)
    case 'yarn':
      return yarnRates(rates, theta, headDim, scaling, r)
    case 'longrope': {
      const long = length > scaling.originalMaxPositionEmbeddings
      return longRopeRates(theta, headDim, long ? scaling.longFactor : scaling.shortFactor, r)
    }
  }
}

/** What cosines and sines are multiplied by, so that attention stays as sharp on longer contexts. */
export const attentionFactor = ({ scaling }: Rope): number =>
  scaling.kind === 'yarn' || scaling.kind === 'longrope' ? scaling.attentionFactor : 1

/** A key that is equal for lengths with the same rates. */
export const rotaryRegime = ({ scaling }: Rope, length: number): number =>
  scaling.kind === 'dynamic'
    ? Math.max(length, scaling.maxPositionEmbeddings)
    : scaling.kind === 'longrope' && length > scaling.originalMaxPositionEmbeddings
      ? scaling.originalMaxPositionEmbeddings + 1
      : 0
