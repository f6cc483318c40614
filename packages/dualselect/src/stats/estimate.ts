/**
 * Estimates with 95 % intervals by a bootstrap over rows and seeds. Rows of each set, whole clusters of them where they have any, and
 * seeds are drawn independently (the pigeonhole bootstrap, Owen 2007); all runs share a resample, so what they have in common cancels in
 * their differences.
 */
import { stream } from '@safe/tensor-core/random'
import { type IntervalEstimate, eachResample, percentileInterval, wilson } from '@safe/tensor-core/stats'

// model ------------------------------------------------------------------------------------------

/** How often each row of each group was drawn. */
export type Draw = ReadonlyArray<ArrayLike<number>>

/** A number computed from one draw. */
export type Statistic = (draw: Draw) => number

/** For each row of a group the unit that it is drawn with, from 0: rows of one unit are drawn together. */
export type UnitOfRow = ReadonlyArray<number>

/** How is resampled. */
export interface Resampling {
  readonly resamples?: number
  readonly seed?: number
  /** By group; undefined: every row is a unit. */
  readonly units?: ReadonlyArray<UnitOfRow | undefined>
}

// drawing ----------------------------------------------------------------------------------------

/** The number of different units. */
export const unitCount = (units: UnitOfRow): number => new Set(units).size

/** Counts of units as counts of their rows. */
const ofRows =
  (units: ReadonlyArray<UnitOfRow | undefined>) =>
  (drawn: Draw): Draw =>
    drawn.map((counts, g) => units[g]?.map((unit) => counts[unit] ?? 0) ?? counts)

/** Every row once. */
export const wholeDraw = (groups: ReadonlyArray<number>): Draw =>
  groups.map((size) => new Uint32Array(size).fill(1))

// constructors -----------------------------------------------------------------------------------

/**
 * The value of each statistic on all rows, with the central 95 % of its values on resamples.
 *
 * @param groups the number of rows of each group
 */
export const bootstrapped = (
  groups: ReadonlyArray<number>,
  statistics: ReadonlyArray<Statistic>,
  { resamples, seed = 42, units = [] }: Resampling = {},
): ReadonlyArray<Pick<IntervalEstimate, 'value' | 'low' | 'high'>> => {
  const values = statistics.map(() => new Array<number>())
  const sizes = groups.map((rows, g) => {
    const own = units[g]
    return own === undefined ? rows : unitCount(own)
  })
  eachResample(
    sizes,
    (drawn) => {
      const rows = ofRows(units)(drawn)
      statistics.forEach((statistic, i) => values[i]?.push(statistic(rows)))
    },
    {
      ...(resamples === undefined ? {} : { resamples }),
      draws: stream(seed, 'dualselect', 'bootstrap'),
    },
  )
  const whole = wholeDraw(groups)
  return statistics.map((statistic, i) => ({
    value: statistic(whole),
    ...percentileInterval(values[i] ?? []),
  }))
}

/**
 * A share that is 0 or 1 on all rows has no spread to resample: its open end is that of Wilson's interval for n rows. One row alone says
 * nothing of others. Any other estimate is given back as it is.
 *
 * @param units what counts as a row: clusters, where rows come in these
 */
export const openEnded = (e: IntervalEstimate, units: number = e.n): IntervalEstimate => {
  if (units === 1) return { ...e, low: 0, high: 1 }
  if (e.low !== e.high || e.n === 0 || (e.value !== 0 && e.value !== 1)) return e
  const { low, high } = wilson(e.value * units, units)
  return { ...e, low, high }
}
