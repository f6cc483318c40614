/**
 * The mean of the means of several sets, every set counting alike whatever its size: the form of RedOrca's Safety Avg. Its interval is
 * the bootstrap of whole clusters within each set, and the sets are drawn independently.
 */
import {
  type BootstrapOptions,
  type Clustered,
  type Counts,
  type ClusterSum,
  eachResample,
  percentileInterval,
  unitsOf,
} from '@safe/tensor-core/stats'
import type { Estimate } from './estimate'

// parts ------------------------------------------------------------------------------------------

const meanUnder = (units: ReadonlyArray<ClusterSum>, counts: Counts | undefined): number => {
  const [sum, size] = units.reduce(
    ([s, n], unit, i) => {
      const times = counts?.[i] ?? 1
      return [s + times * unit.sum, n + times * unit.size]
    },
    [0, 0],
  )
  return sum / size
}

// constructors -----------------------------------------------------------------------------------

/**
 * The mean of the sets' means; NaN where a set is empty.
 *
 * @example
 * ```ts
 * import assert from 'node:assert'
 * import { meanOfMeans } from '@safe/eval-redorca'
 *
 * const set = (...values: number[]) => values.map((value, i) => ({ value, cluster: String(i) }))
 * const mean = meanOfMeans([set(1, 1, 0, 0), set(1)])
 *
 * assert.strictEqual(mean.value, 0.75)
 * assert(mean.low < mean.value && mean.value < mean.high)
 * ```
 */
export const meanOfMeans = (
  sets: ReadonlyArray<ReadonlyArray<Clustered>>,
  options: BootstrapOptions = {},
): Estimate => {
  const units = sets.map(unitsOf)
  const mean = (counts?: ReadonlyArray<Counts>): number =>
    units.reduce((s, set, i) => s + meanUnder(set, counts?.[i]), 0) / units.length
  const resampled: number[] = []
  eachResample(
    units.map((set) => set.length),
    (counts) => resampled.push(mean(counts)),
    options,
  )
  return {
    value: mean(),
    n: sets.reduce((s, set) => s + set.length, 0),
    ...percentileInterval(resampled),
    method: 'bootstrap of clusters within sets',
  }
}
