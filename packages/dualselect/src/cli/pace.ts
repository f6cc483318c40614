/** What DualSelect costs: seconds of a step beside those of a warm-up step, which is a plain one, and of steps with a refresh. */
import type { LogRow } from '@safe/tensor-core/lm'

// model ------------------------------------------------------------------------------------------

export type StepKind = 'plain' | 'filtered' | 'refreshed'

/** Medians over at least three steps, null where there were fewer; a run's first step warms the engine up and does not count. */
export interface Pace {
  readonly plain: number | null
  readonly filtered: number | null
  readonly refreshed: number | null
}

export interface PaceKeeper {
  readonly saw: (kind: StepKind, row: LogRow) => void
  readonly pace: () => Pace
}

// constructors -----------------------------------------------------------------------------------

const median = (values: ReadonlyArray<number>): number | null =>
  values.length < 3 ? null : ([...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? null)

export const paceKeeper = (): PaceKeeper => {
  const seconds: Record<StepKind, number[]> = { plain: [], filtered: [], refreshed: [] }
  const seen = { steps: 0 }
  return {
    saw: (kind, row) => {
      seen.steps += 1
      if (seen.steps > 1) seconds[kind].push(row.seconds)
    },
    pace: () => ({
      plain: median(seconds.plain),
      filtered: median(seconds.filtered),
      refreshed: median(seconds.refreshed),
    }),
  }
}

// destructors ------------------------------------------------------------------------------------

/** Below this the clock measures the machine's other work. */
const measurable = 0.05

/** `a step took 1.04 x a plain one, one with a refresh 3.1 s`; empty where steps are too few or too short to compare. */
export const paceText = ({ plain, filtered, refreshed }: Pace): string =>
  [
    ...(plain === null || filtered === null || plain < measurable
      ? []
      : [`a step took ${(filtered / plain).toFixed(2)} x a plain one`]),
    ...(refreshed === null || refreshed < measurable
      ? []
      : [`a step with a refresh ${refreshed.toFixed(1)} s`]),
  ].join(', ')
