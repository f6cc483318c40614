/** What the page and the text report show, in the same words. */
import type { SweepResults } from '../results'

/** A report. */
export interface SweepReport {
  readonly results: SweepResults
  /** How it was made, name by name: models, judges, files, versions. */
  readonly setup: ReadonlyArray<readonly [string, string]>
  /** Sentences about what the numbers are. */
  readonly notes: ReadonlyArray<string>
}

/** The rows that the rates are of. */
export const statedWords = ({ recommended: { heldOut, statedOn } }: SweepResults): string =>
  `Rates of ${statedOn.harmful} harmful and ${statedOn.benign} benign rows${
    heldOut ? ', which the choice was not made on' : ''
  }, with 95 % intervals; times are of all rows.`

/** What is always to be said of these numbers. @param verdict the judge that measured */
export const measuringNotes = (verdict: string, clustered: boolean): ReadonlyArray<string> => [
  `Refusals are counted by ${verdict}. A list of phrases recognises wording, not harm: an answer that does harm without a refusal, and a refusal in other words, look alike to it.`,
  `Intervals are Wilson's on the number of independent rows (${
    clustered ? 'rows of one cluster' : 'rows of one prompt'
  } count as one draw), never narrower than the rule of three. Differences from a baseline are of the same rows, with a bootstrap of whole clusters. Intervals are of each setting by itself: the best of many settings looks better than it is on the rows that it was chosen on.`,
  'Time per prompt is that of the batch divided by its rows, with the judge that chooses among the beams and without the one that measures. It is of this machine, engine and batch size.',
  'The anchor alone and the hard prefix are strong baselines for refusal: a setting is worth its cost where it refuses as much and answers more.',
]
