/** Rows ranked by a score: which are the highest, and what they have on average. */

/** The numbers of the `dropped` rows with the largest scores; of equal ones, the earlier. */
export const highest = (scores: ReadonlyMap<number, number>, dropped: number): ReadonlySet<number> =>
  new Set(
    [...scores]
      .sort(([i, a], [j, b]) => b - a || i - j)
      .slice(0, dropped)
      .map(([row]) => row),
  )

/** The mean; null of nothing. */
export const meanOf = (values: ReadonlyArray<number>): number | null =>
  values.length === 0 ? null : values.reduce((sum, x) => sum + x, 0) / values.length
