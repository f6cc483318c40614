/** What a data filter did, for reports: rows kept and dropped and, where rows are labelled, how well the drops match the labels. */
import type { Dataset, Diagnostics, Example } from '@safe/tensor-core/contracts'

// labels -----------------------------------------------------------------------------------------

/** The field that says whether a row is unsafe, where data is labelled. */
export const labelField = 'unsafe'

/** Whether a field's value is 1 or true, or the text of 1. */
export const isYes = (value: unknown): boolean => value === 1 || value === true || value === '1'

/**
 * A row's label: its field is 1 or true, 0 or false, or the text of such a number, as in CSV; undefined where it is neither. Labels
 * are looked at only after everything is decided, by all but the oracle.
 */
export const labelOf = ({ fields }: Example, field: string = labelField): boolean | undefined => {
  const label = fields[field]
  return isYes(label) ? true : label === 0 || label === false || label === '0' ? false : undefined
}

const ratio = (a: number, b: number): number | null => (b === 0 ? null : a / b)

/**
 * Precision, recall and F1 of the dropped rows against the labels; a ratio is null where it is undefined. Empty where no row is
 * labelled.
 */
const againstLabels = (data: Dataset, kept: ReadonlySet<Example>): Diagnostics => {
  const labelled = data.examples.flatMap((row) => {
    const unsafe = labelOf(row)
    return unsafe === undefined ? [] : [{ unsafe, dropped: !kept.has(row) }]
  })
  if (labelled.length === 0) return {}
  const unsafe = labelled.filter((row) => row.unsafe).length
  const dropped = labelled.filter((row) => row.dropped).length
  const both = labelled.filter((row) => row.unsafe && row.dropped).length
  return {
    labelled: labelled.length,
    unsafe,
    precision: ratio(both, dropped),
    recall: ratio(both, unsafe),
    f1: ratio(2 * both, dropped + unsafe),
  }
}

// constructors -----------------------------------------------------------------------------------

/** What became of the rows. @param kept the data with rows left out, none changed */
export const dropDiagnostics = (data: Dataset, kept: Dataset): Diagnostics => ({
  rows: data.examples.length,
  kept: kept.examples.length,
  dropped: data.examples.length - kept.examples.length,
  ...againstLabels(data, new Set(kept.examples)),
})
