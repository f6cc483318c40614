/**
 * Seeded percentile bootstrap (Efron 1979). A resample is a vector of counts: how often each unit was drawn. Several statistics over
 * the same units can share a resample, which makes their differences paired.
 */
import { type RandomStream, stream } from '../random'

// model ------------------------------------------------------------------------------------------

/** How often is drawn, and from which random numbers. */
export interface BootstrapOptions {
  /** Default 2000. */
  readonly resamples?: number
  /** Default 42. */
  readonly seed?: number
  /** In place of the seed's own stream. */
  readonly draws?: RandomStream
}

/** The number of times that each unit was drawn. */
export type Counts = Readonly<Uint32Array>

// resampling -------------------------------------------------------------------------------------

/** Resamples where none are named. */
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
  { resamples = defaultResamples, seed = 42, draws = stream(seed, 'bootstrap') }: BootstrapOptions = {},
): void => {
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
