/** Rows of the selection log: what was chosen when, with everything needed to replay or question the choice. */
import type { RuleNote } from '@safe/tensor-core/contracts'
import type { Measures } from './score'
import type { Selection } from './selection'

// model ------------------------------------------------------------------------------------------

export interface Moment {
  readonly epoch: number
  readonly step: number
}

/** A choice that was not made by score knows no cosines or scores: they are null. */
type Known = ReadonlyArray<number | null>

/** What was selected at one moment of training. */
export interface SelectionRow extends Moment {
  readonly kind: 'reference' | 'task'
  /** Rows selected, as they stand in their file, best first. */
  readonly indices: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  readonly losses: Known
  readonly cosines: Known
  readonly scores: Known
}

/** Something about a selection that a reader of the log should know. */
export interface WarningRow extends Moment {
  readonly kind: 'warning'
  readonly message: string
}

// constructors -----------------------------------------------------------------------------------

const known =
  (selection: Selection) =>
  (values: ArrayLike<number> | undefined): Known =>
    selection.indices.map((i) => values?.[i] ?? null)

/** The selected rows of a pool or a batch; `position` turns a place in it into a row of the file. */
export const selectionRow = (
  at: Moment,
  kind: SelectionRow['kind'],
  selection: Selection,
  measures: Partial<Measures>,
  scores: ReadonlyArray<number> | undefined,
  position: (i: number) => number = (i) => i,
): SelectionRow & RuleNote => {
  const of = known(selection)
  return {
    epoch: at.epoch,
    step: at.step,
    kind,
    indices: selection.indices.map(position),
    weights: selection.weights,
    losses: of(measures.losses),
    cosines: of(measures.cosines),
    scores: of(scores),
  }
}

export const warningRow = (at: Moment, message: string): WarningRow & RuleNote => ({
  epoch: at.epoch,
  step: at.step,
  kind: 'warning',
  message,
})
