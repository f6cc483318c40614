/** Medians and the ratios of paired measurements. */

/** The median; for an even number of values, the mean of the two middle ones; NaN for none. */
export const median = (xs: ReadonlyArray<number>): number => {
  const sorted = [...xs].sort((a, b) => a - b)
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low === undefined || high === undefined ? NaN : (low + high) / 2
}

export interface Spread {
  readonly median: number
  readonly least: number
  readonly most: number
  readonly n: number
}

export const spreadOf = (xs: ReadonlyArray<number>): Spread => ({
  median: median(xs),
  least: Math.min(...xs),
  most: Math.max(...xs),
  n: xs.length,
})
