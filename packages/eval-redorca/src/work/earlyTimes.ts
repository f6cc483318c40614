/** When results are written while a run goes on: often enough to look at, and so rarely that it costs next to nothing. */

/** What was written so far; times and durations in milliseconds. */
export interface Writes {
  /** When the run began. */
  readonly began: number
  /** When the last write ended; undefined before the first. */
  readonly last?: number
  /** What all writes together have taken. */
  readonly spent: number
  /** What the last one took. */
  readonly took: number
}

/** Between the end of a write and the beginning of the next. */
const leastMs = 30_000
/** Of the run's time, spent on writing. */
const largestShare = 0.05

/** When the next write may begin, where there is something new: the first at once, another one that takes as long as the last later. */
export const nextWrite = ({ began, last, spent, took }: Writes): number =>
  last === undefined ? began : Math.max(last + leastMs, began + (spent + took) / largestShare)
