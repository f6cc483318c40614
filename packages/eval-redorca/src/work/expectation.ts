/** What a run is expected to take, as lines for its user. */
import { duration } from '../plan/duration'
import type { ExpectedPart } from '../plan/expected'
import type { Job } from '../plan/plan'

const names: Readonly<Record<Job['kind'], readonly [string, string]>> = {
  adapter: ['fine-tune', 'fine-tunes'],
  rows: ['choice of rows', 'choices of rows'],
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
