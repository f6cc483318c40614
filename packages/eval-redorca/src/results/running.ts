/** The mark of results that are not complete: of a run that goes on, or that was stopped. */
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

/** How far a run is whose results are not complete. */
export interface Running {
  /** Finished cells. */
  readonly done: number
  /** Cells of the whole run, as far as it is known: how many combinations there are is known when strengths are selected. */
  readonly cells: number
  /** What the rest is expected to take. */
  readonly secondsLeft: number
  /** Finished cells of seeds that are not complete yet: they are counted, and left out of the results. */
  readonly leftOut?: number
  /** The run was stopped; the same command continues. */
  readonly stopped?: boolean
}

export const runningCodec: t.Type<Running> = t.intersection([
  t.type({ done: t.number, cells: t.number, secondsLeft: t.number }),
  t.partial({ leftOut: t.number, stopped: t.boolean }),
])
