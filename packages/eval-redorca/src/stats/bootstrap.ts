/**
 * Seeded percentile bootstrap (Efron 1979). A resample is a vector of counts: how often each unit was drawn. Several statistics over
 * the same units can share a resample, which makes their differences paired.
 */
import { stream } from '@safe/tensor-core/random'
import type { Estimate } from './estimate'

// model ------------------------------------------------------------------------------------------

export interface BootstrapOptions {
  readonly resamples?: number
  readonly seed?: number
}

/** The number of times that each unit was drawn. */
export type Counts = Readonly<Uint32Array>

// resampling -------------------------------------------------------------------------------------

export const defaultResamples = 2000

/**
 * Calls `visit` once per resample, with the counts of every group of units. Groups are drawn independently; the arrays are reused
 * by the next resample.
 *
 * @param groups the number of units of each group
 */
export const eachResample = (
  groups: ReadonlyArray<number>,
  visit: (counts: ReadonlyArray<Counts>, resample: number) => void,
  { resamples = defaultResamples, seed = 42 }: BootstrapOptions = {},
): void => {
  const draws = stream(seed, 'bootstrap')
  const counts = groups.map((size) => new Uint32Array(size))
  for (let r = 0; r < resamples; r++) {
    for (const group of counts) {
      group.fill(0)
      for (let i = 0; i < group.length; i++) {
        const j = draws.integer(group.length)
        group[j] = (group[j] ?? 0) + 1
      }
    }
    visit(counts, r)
  }
}

/** Quantile with linear interpolation between order statistics, as in numpy's default. @param sorted ascending values */
export const quantile = (sorted: ArrayLike<number>, q: number): number => {
  const at = (sorted.length - 1) * q
  const below = Math.floor(at)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (high - low) * (at - below)
}

/** The central 95 % of a statistic's resampled values; resamples in which it is NaN are ignored. */
export const percentileInterval = (values: ArrayLike<number>): { low: number; high: number } => {
  const sorted = Float64Array.from(Array.from(values).filter((v) => !Number.isNaN(v))).sort()
  return { low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
}

/** sum_i counts_i x_i / sum_i counts_i; NaN where nothing was drawn. */
export const weightedMean = (x: ArrayLike<number>, counts: ArrayLike<number>): number => {
  let total = 0
  let weight = 0
  for (let i = 0; i < x.length; i++) {
    const c = counts[i] ?? 0
    total += c * (x[i] ?? 0)
    weight += c
  }
  return weight === 0 ? Number.NaN : total / weight
}

// estimates --------------------------------------------------------------------------------------

/**
 * Mean of per-item differences with the interval of the paired bootstrap.
 *
 * @param clusters the cluster of each item: whole clusters are drawn instead of items
 */
export const meanWithInterval = (
  differences: ReadonlyArray<number>,
  clusters?: ReadonlyArray<string>,
  options: BootstrapOptions = {},
): Estimate => {
  const names = clusters === undefined ? undefined : [...new Set(clusters)]
  const place = new Map(names?.map((name, i) => [name, i]))
  const sums = new Float64Array(names?.length ?? differences.length)
  const sizes = new Float64Array(sums.length)
  differences.forEach((d, i) => {
    const unit = clusters === undefined ? i : (place.get(clusters[i] ?? '') ?? 0)
    sums[unit] = (sums[unit] ?? 0) + d
    sizes[unit] = (sizes[unit] ?? 0) + 1
  })
  const resampled: number[] = []
  eachResample(
    [sums.length],
    ([counts = new Uint32Array()]) => {
      let total = 0
      let weight = 0
      for (let i = 0; i < sums.length; i++) {
        total += (counts[i] ?? 0) * (sums[i] ?? 0)
        weight += (counts[i] ?? 0) * (sizes[i] ?? 0)
      }
      resampled.push(total / weight)
    },
    options,
  )
  return {
    value: differences.reduce((s, d) => s + d, 0) / differences.length,
    n: differences.length,
    ...percentileInterval(resampled),
    method: clusters === undefined ? 'paired bootstrap' : 'paired bootstrap of clusters',
  }
}
