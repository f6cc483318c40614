/**
 * Estimates with 95 % intervals by a bootstrap over rows and seeds. Rows of each set and seeds are drawn independently (the pigeonhole
 * bootstrap, Owen 2007); all runs share a resample, so what they have in common cancels in their differences.
 */
import { stream } from '@safe/tensor-core/random'
import { type IntervalEstimate, eachResample, percentileInterval, wilson } from '@safe/tensor-core/stats'

// model ------------------------------------------------------------------------------------------

/** How often each unit of each group was drawn. */
export type Draw = ReadonlyArray<ArrayLike<number>>

/** A number computed from one draw. */
export type Statistic = (draw: Draw) => number

// drawing ----------------------------------------------------------------------------------------

/** Every unit once. */
export const wholeDraw = (groups: ReadonlyArray<number>): Draw =>
  groups.map((size) => new Uint32Array(size).fill(1))

// constructors -----------------------------------------------------------------------------------

/**
 * The value of each statistic on all units, with the central 95 % of its values on resamples.
 *
 * @param groups the number of units of each group
 */
export const bootstrapped = (
  groups: ReadonlyArray<number>,
  statistics: ReadonlyArray<Statistic>,
  { resamples, seed = 42 }: { readonly resamples?: number; readonly seed?: number } = {},
): ReadonlyArray<Pick<IntervalEstimate, 'value' | 'low' | 'high'>> => {
  const values = statistics.map(() => new Array<number>())
  eachResample(groups, (drawn) => statistics.forEach((statistic, i) => values[i]?.push(statistic(drawn))), {
    ...(resamples === undefined ? {} : { resamples }),
    draws: stream(seed, 'dualselect', 'bootstrap'),
  })
  const whole = wholeDraw(groups)
  return statistics.map((statistic, i) => ({
    value: statistic(whole),
    ...percentileInterval(values[i] ?? []),
  }))
}

/**
 * A share that is 0 or 1 on all rows has no spread to resample: its open end is that of Wilson's interval for n rows. Any other
 * estimate is given back as it is.
 */
export const openEnded = (e: IntervalEstimate): IntervalEstimate => {
  if (e.low !== e.high || e.n === 0 || (e.value !== 0 && e.value !== 1)) return e
  const { low, high } = wilson(e.value * e.n, e.n)
  return { ...e, low, high }
}
