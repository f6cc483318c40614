/** Rows of the selection log: what was chosen when, with everything needed to replay or question the choice. */
import type { RuleNote } from '@safe/tensor-core/contracts'
import type { Measures } from './score'
import type { Selection } from './selection'

// model ------------------------------------------------------------------------------------------

/** When in training. */
export interface Moment {
  readonly epoch: number
  readonly step: number
}

/** What was not measured is null: a choice that was not made by score has no cosines or scores. */
type Known = ReadonlyArray<number | null>

/** All rows that a choice was made among, the selected ones included. */
export interface Among {
  /** Rows that were measured. */
  readonly rows: number
  /** Their mean loss, nats. */
  readonly loss: number | null
  /** The share of them whose gradient points against the other side's (a negative cosine). */
  readonly conflict: number | null
}

/** What was selected at one moment of training. */
export interface SelectionRow extends Moment {
  readonly kind: 'reference' | 'task'
  /** Rows selected, as they stand in their file, best first. */
  readonly indices: ReadonlyArray<number>
  readonly weights: ReadonlyArray<number>
  readonly losses: Known
  readonly cosines: Known
  readonly scores: Known
  readonly among: Among
}

/** A warning about a selection. */
export interface WarningRow extends Moment {
  readonly kind: 'warning'
  readonly message: string
}

// constructors -----------------------------------------------------------------------------------

const known =
  (selection: Selection) =>
  (values: ArrayLike<number> | undefined): Known =>
    selection.indices.map((i) => values?.[i] ?? null)

const finite = (values: ArrayLike<number> | undefined): ReadonlyArray<number> =>
  Array.from(values ?? []).filter((x) => !Number.isNaN(x))

const meanOf = (values: ReadonlyArray<number>): number | null =>
  values.length === 0 ? null : values.reduce((s, x) => s + x, 0) / values.length

const amongOf = ({ losses, cosines }: Partial<Measures>): Among => {
  const measured = finite(losses)
  return {
    rows: measured.length,
    loss: meanOf(measured),
    conflict: meanOf(finite(cosines).map((c) => (c < 0 ? 1 : 0))),
  }
}

/** What a choice was made of. */
export interface Choice {
  readonly kind: SelectionRow['kind']
  readonly selection: Selection
  readonly measures: Partial<Measures>
  readonly scores: ReadonlyArray<number> | undefined
  /** Turns a place in the pool or the batch into a row of the file. */
  readonly position: (i: number) => number
}

/** The selected rows of a pool or a batch. */
export const selectionRow = (
  at: Moment,
  { kind, selection, measures, scores, position }: Choice,
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
    among: amongOf(measures),
  }
}

/** A warning as a note of the rule. */
export const warningRow = (at: Moment, message: string): WarningRow & RuleNote => ({
  epoch: at.epoch,
  step: at.step,
  kind: 'warning',
  message,
})
