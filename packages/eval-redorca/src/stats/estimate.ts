/** A number with its size and its 95 % interval: the only form in which results leave this package. */

// model ------------------------------------------------------------------------------------------

export interface Estimate {
  readonly value: number
  /** How many items it rests on. */
  readonly n: number
  readonly low: number
  readonly high: number
  /** How the interval was made; absent for Wilson's. */
  readonly method?: string
}

/** Standard normal quantile at 0.975. */
export const z95 = 1.959963984540054
