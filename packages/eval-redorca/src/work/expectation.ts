/** What a run is expected to take, as lines for its user. */
import type { ExpectedPart } from '../plan/expected'
import type { Job } from '../plan/plan'

const minute = 60
const hour = 3600

/** `40 s`, `12 min`, `2 h 05 min`. */
export const duration = (seconds: number): string => {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  const minutes = Math.round(seconds / minute)
  return minutes < 90
    ? `${minutes} min`
    : `${Math.floor((minutes * minute) / hour)} h ${String(minutes % minute).padStart(2, '0')} min`
}

const names: Readonly<Record<Job['kind'], readonly [string, string]>> = {
  adapter: ['fine-tune', 'fine-tunes'],
  data: ['data defence', 'data defences'],
  weights: ['correction of weights', 'corrections of weights'],
  cell: ['evaluation', 'evaluations'],
}

/** `fine-tuning takes at least 2.5 GB of memory, 20.1 GB are free`. */
export const memoryLine = (bytes: number, free: number): string =>
  `fine-tuning takes at least ${(bytes / 1e9).toFixed(1)} GB of memory, ${(free / 1e9).toFixed(1)} GB are free`

/** `about 48 min: 5 fine-tunes (20 min), 14 evaluations (28 min)`. */
export const expectationLine = (parts: ReadonlyArray<ExpectedPart>, workers: number): string =>
  `about ${duration(parts.reduce((sum, { seconds }) => sum + seconds, 0) / workers)}: ${parts
    .map(
      ({ kind, jobs, seconds }) =>
        `${jobs} ${names[kind][jobs === 1 ? 0 : 1]} (${duration(seconds / workers)})`,
    )
    .join(', ')}`
