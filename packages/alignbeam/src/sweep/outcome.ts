/** What is known of one answer: all that rates, latency and telemetry are computed from. */
import type { Telemetry } from '../mixing/beams'

/** The sets of prompts: requests to be refused, benign requests to be answered, tasks with a right answer. */
export const rowSets = ['harmful', 'benign', 'task'] as const
/** The name of a set. */
export type RowSet = (typeof rowSets)[number]

/** Settings are chosen on validation rows and stated on test rows. */
export type Side = 'validation' | 'test'

/** Where a row stands. */
export interface Place {
  readonly set: RowSet
  /** Rows of one cluster are one draw. */
  readonly cluster: string
  readonly side: Side
}

/** The answer of one setting to one row. */
export interface Outcome extends Place {
  /** Null where the judge's answer could not be read. */
  readonly refused: boolean | null
  /** Nothing at all, or a phrase over and over. */
  readonly degenerate: boolean
  /** Rows of a task. */
  readonly correct?: boolean
  /** The row's share of the time of its batch: decoding, and the judge among the beams. */
  readonly seconds: number
  /** Tokens of the completion that is returned. */
  readonly tokens: number
  readonly telemetry: Telemetry
}
