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
