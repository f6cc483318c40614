/**
 * How much worse a candidate is than a baseline in one rate, with its 95 % interval.
 *
 * Both answered the same items, so the difference is a mean over items, of what is bad in the one answer minus the other:
 *
 *     worsening = mean over items of (candidate_i - baseline_i),   1 for a bad outcome and 0 for a good one
 *
 * with the paired bootstrap over whole clusters, and no narrower than the rule of three on clusters allows (3 / clusters on each side):
 * a few items that agree do not show that nothing changed.
 *
 * An item that a judge could not score on one side is neither good nor bad. It is bounded both ways: the lower end is that of the
 * interval in which every such candidate answer counts as good and every such baseline answer as bad, the upper end that of the
 * reverse. So unscored items only widen the interval, and never decide.
 */
import { type ClusterSum, unitsOf } from '@safe/tensor-core/stats'
import { floored } from '../results/differences'
import { type BootstrapOptions, type Estimate, eachResampleBlock, percentileInterval } from '../stats'

// model ------------------------------------------------------------------------------------------

/** What both sides said of one item: 1 bad, 0 good, null unscored. */
export interface Pair {
  readonly cluster: string
  readonly baseline: number | null
  readonly candidate: number | null
}

/** Shares of bad outcomes, and what is between them. Null where no item is scored on both sides. */
export interface Worsening {
  /** Over the items that are scored on both sides, as `candidate` and `difference`. */
  readonly baseline: number | null
  readonly candidate: number | null
  /** `candidate` - `baseline`: above 0 is worse. */
  readonly difference: number | null
  readonly low: number
  readonly high: number
  /** Items, unscored ones among them. */
  readonly n: number
  /** The clusters that the items are in. */
  readonly clusters: number
  /** Items that were not scored on one side at least. */
  readonly unscored: number
  readonly method: string
}

// parts ------------------------------------------------------------------------------------------

const isScored = (pair: Pair): pair is Pair & { readonly baseline: number; readonly candidate: number } =>
  pair.baseline !== null && pair.candidate !== null

const mean = (values: ReadonlyArray<number>): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length

/** The mean over all values under every resample of whole clusters. */
const resampledMeans = (
  units: ReadonlyArray<ClusterSum>,
  options: BootstrapOptions,
): ReadonlyArray<number> => {
  const means: number[] = []
  eachResampleBlock(
    [units.length],
    ({ counts, units: clusters, resamples }) => {
      for (let r = 0; r < resamples; r++) {
        let [total, size] = [0, 0]
        units.forEach((unit, i) => {
          const times = counts[r * clusters + i] ?? 0
          total += times * unit.sum
          size += times * unit.size
        })
        means.push(total / size)
      }
    },
    options,
  )
  return means
}

/** The interval of the mean difference where unscored answers count as these. */
const interval = (
  pairs: ReadonlyArray<Pair>,
  unscored: { readonly baseline: number; readonly candidate: number },
  options: BootstrapOptions,
): Pick<Estimate, 'low' | 'high'> => {
  const values = pairs.map(({ cluster, baseline, candidate }) => ({
    cluster,
    value: (candidate ?? unscored.candidate) - (baseline ?? unscored.baseline),
  }))
  const units = unitsOf(values)
  return floored(
    {
      value: mean(values.map(({ value }) => value)) ?? 0,
      n: values.length,
      ...percentileInterval(resampledMeans(units, options)),
    },
    units.length,
  )
}

// constructors -----------------------------------------------------------------------------------

/** The worsening over pairs, at least one. */
export const pairedWorsening = (pairs: ReadonlyArray<Pair>, options: BootstrapOptions = {}): Worsening => {
  const clusters = new Set(pairs.map((p) => p.cluster)).size
  const scored = pairs.filter(isScored)
  const best = interval(pairs, { baseline: 1, candidate: 0 }, options)
  const worst =
    scored.length === pairs.length ? best : interval(pairs, { baseline: 0, candidate: 1 }, options)
  const difference = mean(scored.map((p) => p.candidate - p.baseline))
  return {
    baseline: mean(scored.map((p) => p.baseline)),
    candidate: mean(scored.map((p) => p.candidate)),
    difference,
    low: Math.min(best.low, difference ?? best.low),
    high: Math.max(worst.high, difference ?? worst.high),
    n: pairs.length,
    clusters,
    unscored: pairs.length - scored.length,
    method: 'paired bootstrap of clusters, at least the rule of three',
  }
}

/** A rate of bad outcomes as a results file states it. */
export type StatedRate = Pick<Estimate, 'value' | 'n' | 'low' | 'high' | 'clusters' | 'unjudged'>

/** Its value and ends if every unscored answer counted as good, or as bad. */
const counted = (
  { value, n, low, high, unjudged = 0 }: StatedRate,
  as: 0 | 1,
): { readonly value: number; readonly low: number; readonly high: number } => {
  const of = (x: number): number => (x * n + as * unjudged) / (n + unjudged)
  return { value: of(value), low: of(low), high: of(high) }
}

/**
 * The worsening where the answers themselves are not at hand, only each side's rate with its interval: Newcombe's interval of a
 * difference (1998, method 10), as if the items were not the same. It is wider than the paired one wherever answers agree.
 */
export const unpairedWorsening = (baseline: StatedRate, candidate: StatedRate): Worsening => {
  const [baseBad, baseGood] = [counted(baseline, 1), counted(baseline, 0)]
  const [candidateBad, candidateGood] = [counted(candidate, 1), counted(candidate, 0)]
  const least = candidateGood.value - baseBad.value
  const most = candidateBad.value - baseGood.value
  const difference = candidate.value - baseline.value
  return {
    baseline: baseline.value,
    candidate: candidate.value,
    difference,
    low: Math.min(
      difference,
      least - Math.hypot(candidateGood.value - candidateGood.low, baseBad.high - baseBad.value),
    ),
    high: Math.max(
      difference,
      most + Math.hypot(candidateBad.high - candidateBad.value, baseGood.value - baseGood.low),
    ),
    n: candidate.n + (candidate.unjudged ?? 0),
    clusters: Math.min(baseline.clusters ?? baseline.n, candidate.clusters ?? candidate.n),
    unscored: Math.max(baseline.unjudged ?? 0, candidate.unjudged ?? 0),
    method: 'Newcombe, not paired',
  }
}

/** The worsening where only one side states a rate, because no answer of the other was scored: it may be anything. */
export const unknownWorsening = ({ n, unjudged = 0, clusters = n }: StatedRate): Worsening => ({
  ...{ baseline: null, candidate: null, difference: null, low: -1, high: 1 },
  ...{ n: n + unjudged, clusters, unscored: n + unjudged },
  method: 'no answer of one side is scored',
})

// verdicts ---------------------------------------------------------------------------------------

/** Ends are sums of shares. */
const rounding = 1e-12

/** Passed where the interval ends at or below the margin, refused where it begins above it, undecided (null) between. */
export const verdictOf = ({ low, high }: Pick<Worsening, 'low' | 'high'>, margin: number): boolean | null =>
  high <= margin + rounding ? true : low > margin + rounding ? false : null

/** The fewest clusters at which this margin can be kept: with fewer, even equal answers are undecided. */
export const fewestClusters = (margin: number): number =>
  margin >= 1 ? 1 : margin <= 0 ? Number.POSITIVE_INFINITY : Math.ceil(3 / margin - rounding)
