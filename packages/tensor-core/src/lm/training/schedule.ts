/** The learning rate's course, equal to transformers' `get_*_schedule_with_warmup`. */

/** The courses of the learning rate after warm-up. */
export const schedules = ['constant', 'linear', 'cosine'] as const
/** The name of a course of the learning rate. */
export type Schedule = (typeof schedules)[number]

/** Factor of the rate at step s (from 0) of `total`. */
export const scheduleFactor = (schedule: Schedule, warmup: number, total: number, s: number): number => {
  if (s < warmup) return s / Math.max(1, warmup)
  const progress = (s - warmup) / Math.max(1, total - warmup)
  switch (schedule) {
    case 'constant':
      return 1
    case 'linear':
      return Math.max(0, (total - s) / Math.max(1, total - warmup))
    case 'cosine':
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)))
  }
}

/** What the learning rate's course depends on. */
export interface RateCourse {
  readonly schedule: Schedule
  /** Steps over which the rate rises. */
  readonly warmupSteps: number
  /** Steps of training, and of training with the closing steps after it. */
  readonly trainingSteps: number
  readonly totalSteps: number
}

/** Factor of the rate at step s of a run; closing steps have a course of their own. */
export const rateFactor = (
  { schedule, warmupSteps, trainingSteps, totalSteps }: RateCourse,
  s: number,
): number =>
  s < trainingSteps
    ? scheduleFactor(schedule, warmupSteps, trainingSteps, s)
    : scheduleFactor(schedule, warmupSteps, totalSteps - trainingSteps, s - trainingSteps)
