/**
 * Estimates with 95 % intervals by a bootstrap over rows and seeds. Rows of each set and seeds are drawn independently (the pigeonhole
 * bootstrap, Owen 2007); all runs share a resample, so what they have in common cancels in their differences.
 */
import { stream } from '@safe/tensor-core/random'

// model ------------------------------------------------------------------------------------------

/** A value with its 95 % interval. */
export interface Estimate {
  readonly value: number
  /** Rows it is computed from. */
  readonly n: number
  readonly low: number
  readonly high: number
}

/** How often each unit of each group was drawn. */
export type Draw = ReadonlyArray<ArrayLike<number>>

/** A number computed from one draw. */
export type Statistic = (draw: Draw) => number

export const defaultResamples = 2000

// drawing ----------------------------------------------------------------------------------------

/** Every unit once. */
export const wholeDraw = (groups: ReadonlyArray<number>): Draw =>
  groups.map((size) => new Uint32Array(size).fill(1))

const quantile = (sorted: ReadonlyArray<number>, q: number): number => {
  const at = (sorted.length - 1) * q
  const below = Math.floor(at)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (high - low) * (at - below)
}

// constructors -----------------------------------------------------------------------------------

/**
 * The value of each statistic on all units, with the central 95 % of its values on resamples.
 *
 * @param groups the number of units of each group
 */
export const bootstrapped = (
  groups: ReadonlyArray<number>,
  statistics: ReadonlyArray<Statistic>,
  { resamples = defaultResamples, seed = 42 }: { readonly resamples?: number; readonly seed?: number } = {},
): ReadonlyArray<Pick<Estimate, 'value' | 'low' | 'high'>> => {
  const draws = stream(seed, 'dualselect', 'bootstrap')
  const drawn = groups.map((size) => new Uint32Array(size))
  const values = statistics.map(() => new Array<number>())
  for (let r = 0; r < resamples; r++) {
    for (const counts of drawn) {
      counts.fill(0)
      for (let i = 0; i < counts.length; i++) {
        const unit = draws.integer(counts.length)
        counts[unit] = (counts[unit] ?? 0) + 1
      }
    }
    statistics.forEach((statistic, i) => values[i]?.push(statistic(drawn)))
  }
  const whole = wholeDraw(groups)
  return statistics.map((statistic, i) => {
    const sorted = (values[i] ?? []).filter((v) => !Number.isNaN(v)).sort((a, b) => a - b)
    return { value: statistic(whole), low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) }
  })
}

const z95 = 1.959963984540054

/**
 * A share that is 0 or 1 on all rows has no spread to resample: its open end is that of Wilson's interval (Wilson 1927) for n rows.
 * Any other estimate is given back as it is.
 */
export const openEnded = (e: Estimate): Estimate => {
  if (e.low !== e.high || e.n === 0 || (e.value !== 0 && e.value !== 1)) return e
  const width = z95 ** 2 / (e.n + z95 ** 2)
  return e.value === 0 ? { ...e, high: width } : { ...e, low: 1 - width }
}
