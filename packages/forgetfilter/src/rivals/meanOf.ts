/** What rows have on average. */

/** The mean; null of nothing. */
export const meanOf = (values: ReadonlyArray<number>): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length
