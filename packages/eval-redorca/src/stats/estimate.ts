import type { IntervalEstimate } from '@safe/tensor-core/stats'

/** A number with its sample size and 95 % interval: the form of all results of this package. */
export interface Estimate extends IntervalEstimate {
  /** The method of the interval; absent for Wilson's. */
  readonly method?: string
  /** The clusters that the items are in, where it is known: intervals count these. */
  readonly clusters?: number
  /** The number of independent items that would give this interval; absent where it is `n`. */
  readonly effective?: number
  /** The seeds, where there are several: `n` counts every answer, items times seeds. */
  readonly seeds?: number
  /** Items that no verdict was found for; they are not among `n`. Absent where there are none. */
  readonly unjudged?: number
  /** The value if none of the unjudged items counted, and if all of them did; absent where there are none. */
  readonly bounds?: { readonly low: number; readonly high: number }
}
