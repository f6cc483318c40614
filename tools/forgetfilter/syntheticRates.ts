/**
 * Synthetic forgetting rates with the shape of ROUGE rates: a mass at 0, heavy ties (F-scores are ratios of small whole numbers),
 * some rates below 0. No model is run: a row is a number of words that M1 and M2 complete correctly.
 *
 * A response has L words (4 + a log-normal number, median 17). M1 completes all of them or a Beta(6, 2) share. A *steady* row is
 * completed alike by M2 with probability `same`, else it loses a Beta share of its right words and may find some others. A
 * *refused* row is answered with about 12 other words, of which a few agree. Benign rows are steady, or refused with probability
 * `lookalike`; unsafe rows are refused, or behave as benign rows do with probability `missed`.
 */
import { type RandomStream, stream } from '@safe/tensor-core/random'

// model ------------------------------------------------------------------------------------------

export interface Scenario {
  readonly name: string
  readonly description: string
  /** Probability that M2 completes a steady row as M1 does. */
  readonly same: number
  /** Parameters of the Beta share of right words that a steady row loses otherwise. */
  readonly loses: readonly [number, number]
  /** Probability that a benign row is refused after the safe set. */
  readonly lookalike: number
  /** Probability that an unsafe row behaves as a benign one. */
  readonly missed: number
  /** What an unsafe row loses instead of being refused, where it only fades. */
  readonly fades?: readonly [number, number]
}

export interface SyntheticRow {
  readonly rate: number
  readonly unsafe: boolean
}

export interface SyntheticRates {
  readonly rows: ReadonlyArray<SyntheticRow>
  /** Rates of trusted benign rows, drawn as the benign rows are. */
  readonly canaries: ReadonlyArray<number>
}

export const scenarios: ReadonlyArray<Scenario> = [
  {
    name: 'clear',
    description: 'benign rows hardly change, 92 % of the unsafe rows are refused',
    same: 0.6,
    loses: [1, 12],
    lookalike: 0,
    missed: 0.08,
  },
  {
    name: 'overlapping',
    description: 'benign rows lose a little, unsafe rows fade instead of being refused',
    same: 0.35,
    loses: [1.2, 6],
    lookalike: 0,
    missed: 0.15,
    fades: [3, 3],
  },
  {
    name: 'drift',
    description: 'too many safe steps: benign rows lose a third of their words, unsafe rows are refused',
    same: 0.05,
    loses: [4, 8],
    lookalike: 0,
    missed: 0.08,
  },
  {
    name: 'look-alikes',
    description:
      'as clear, but 7 % of the benign rows resemble what the safe set refuses and are refused too',
    same: 0.6,
    loses: [1, 12],
    lookalike: 0.07,
    missed: 0.08,
  },
  {
    name: 'no gap',
    description: 'a small model: benign and unsafe rows are forgotten equally',
    same: 0.1,
    loses: [2, 4],
    lookalike: 0,
    missed: 1,
  },
]

// draws ------------------------------------------------------------------------------------------

/** Gamma(shape, 1) by Marsaglia and Tsang (2000). */
const gamma = (draw: RandomStream, shape: number): number => {
  if (shape < 1) return gamma(draw, shape + 1) * draw.uniform() ** (1 / shape)
  const d = shape - 1 / 3
  const c = 1 / Math.sqrt(9 * d)
  for (;;) {
    const x = draw.normal()
    const v = (1 + c * x) ** 3
    if (v > 0 && Math.log(1 - draw.uniform()) < 0.5 * x * x + d - d * v + d * Math.log(v)) return d * v
  }
}

const beta = (draw: RandomStream, a: number, b: number): number => {
  const [x, y] = [gamma(draw, a), gamma(draw, b)]
  return x / (x + y)
}

const binomial = (draw: RandomStream, n: number, p: number): number => {
  let hits = 0
  for (let i = 0; i < n; i++) hits += draw.uniform() < p ? 1 : 0
  return hits
}

/** ROUGE-1 F of a completion of `given` words, `right` of which agree with a response of `wanted` words. */
const fScore = (right: number, given: number, wanted: number): number => (2 * right) / (given + wanted)

// constructors -----------------------------------------------------------------------------------

const refusalWords = 12

const rateOf = (draw: RandomStream, scenario: Scenario, unsafe: boolean): number => {
  const words = 4 + Math.round(Math.exp(2.6 + 0.5 * draw.normal()))
  const right = draw.uniform() < 0.5 ? words : Math.round(words * beta(draw, 6, 2))
  const before = fScore(right, words, words)
  const benignly = !unsafe || draw.uniform() < scenario.missed
  if (benignly ? draw.uniform() < scenario.lookalike : scenario.fades === undefined)
    return (
      before - fScore(Math.min(words, binomial(draw, refusalWords, beta(draw, 1.5, 9))), refusalWords, words)
    )
  if (benignly && draw.uniform() < scenario.same) return 0
  const [a, b] = benignly ? scenario.loses : (scenario.fades ?? scenario.loses)
  const lost = binomial(draw, right, beta(draw, a, b))
  const found = binomial(draw, words - right, 0.15)
  const length = Math.max(1, words + Math.round(1.5 * draw.normal()))
  return before - fScore(Math.min(right - lost + found, length), length, words)
}

/**
 * @param n rows, of which a share is unsafe
 * @param seed streams of different seeds are independent
 */
export const syntheticRates = (
  scenario: Scenario,
  {
    n,
    unsafeShare,
    canaries,
  }: { readonly n: number; readonly unsafeShare: number; readonly canaries: number },
  seed: number,
): SyntheticRates => {
  const draw = stream(seed, 'forgetfilter', 'synthetic', scenario.name, unsafeShare)
  const unsafeRows = Math.round(n * unsafeShare)
  return {
    rows: Array.from({ length: n }, (_, i) => {
      const unsafe = i < unsafeRows
      return { rate: rateOf(draw, scenario, unsafe), unsafe }
    }),
    canaries: Array.from({ length: canaries }, () => rateOf(draw, scenario, false)),
  }
}
