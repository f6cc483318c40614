/** Means with the interval of the seeded percentile bootstrap, over items or over whole clusters of them. */
import { type BootstrapOptions, eachResample, percentileInterval } from './resampling'
import type { IntervalEstimate } from './wilson'

/** A mean with the method of its interval. */
export interface MeanEstimate extends IntervalEstimate {
  readonly method: string
}

/**
 * Mean of per-item differences with the interval of the paired bootstrap.
 *
 * @param clusters the cluster of each item: whole clusters are drawn instead of items
 */
export const meanWithInterval = (
  differences: ReadonlyArray<number>,
  clusters?: ReadonlyArray<string>,
  options: BootstrapOptions = {},
): MeanEstimate => {
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
