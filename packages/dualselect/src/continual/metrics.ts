/**
 * Measures of learning tasks in turn, from the accuracies R[t][j] on task j after task t (both from 0, j at most t):
 *
 *   average accuracy   (1/T) sum_j R[T-1][j]
 *   backward transfer  (1/(T-1)) sum_{j<T-1} R[T-1][j] - R[j][j]                  (Lopez-Paz and Ranzato, arXiv 1706.08840)
 *   forgetting         (1/(T-1)) sum_{j<T-1} max_{j<=l<T-1} R[l][j] - R[T-1][j]   (Chaudhry et al., arXiv 1801.10112)
 */

// model ------------------------------------------------------------------------------------------

/** R[t][j]: a row per task learned, with an accuracy for each task seen by then. */
export type Accuracies = ReadonlyArray<ReadonlyArray<number>>

export const metricNames = ['averageAccuracy', 'backwardTransfer', 'forgetting', 'safety'] as const
/** The name of a measure. */
export type MetricName = (typeof metricNames)[number]

// parts ------------------------------------------------------------------------------------------

const at = (R: Accuracies, t: number, j: number): number => R[t]?.[j] ?? Number.NaN

const mean = (xs: ReadonlyArray<number>): number =>
  xs.length === 0 ? Number.NaN : xs.reduce((s, x) => s + x, 0) / xs.length

/** Tasks before the last one. */
const earlier = (R: Accuracies): ReadonlyArray<number> => R.slice(0, -1).map((_, j) => j)

// measures ---------------------------------------------------------------------------------------

/** Mean accuracy on all tasks after the last one. */
export const averageAccuracy = (R: Accuracies): number => mean(R.at(-1) ?? [])

/** How much later tasks changed the accuracy on earlier ones; negative is forgetting. NaN of a single task. */
export const backwardTransfer = (R: Accuracies): number =>
  mean(earlier(R).map((j) => at(R, R.length - 1, j) - at(R, j, j)))

/** How far the accuracy on earlier tasks has fallen below its best. NaN of a single task. */
export const forgetting = (R: Accuracies): number =>
  mean(
    earlier(R).map((j) => {
      const before = R.slice(j, -1).map((row) => row[j] ?? Number.NaN)
      return Math.max(...before) - at(R, R.length - 1, j)
    }),
  )
