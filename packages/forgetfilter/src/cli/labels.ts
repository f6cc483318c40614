/** Labels of the data's rows: for the quality in answers and reports. They decide nothing. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { type Audit, type FilterRule, auditQuality } from '../audit/audit'
import type { Quality } from '../audit/quality'
import { labelOf } from '../diagnostics'
import { type Named, type RateError, alignById } from '../rates/rates'
import { type LabelRow, readLabels } from '../rates/records'

// model ------------------------------------------------------------------------------------------

/** A filter's result, and which of its rows are known to be unsafe or not. */
export interface LabelledAudit {
  readonly data: Dataset
  readonly rule: FilterRule
  readonly audit: Audit
  /** Of some rows or all; undefined where none is labelled. */
  readonly labels: Named<LabelRow> | undefined
}

// constructors -----------------------------------------------------------------------------------

/** Labels from the rows' own field, of those rows that have it. */
const ownLabels = (data: Dataset): Named<LabelRow> | undefined => {
  const rows = data.examples.flatMap((row) => {
    const unsafe = labelOf(row)
    return unsafe === undefined ? [] : [{ id: row.id, unsafe }]
  })
  return rows.length === 0 ? undefined : { name: data.name, rows }
}

/**
 * Labels from a file, which must have every row, or else from the rows themselves.
 *
 * @returns left `UnmatchedId` for a row that only the data or only the file has
 */
export const labelsFor = (
  path: string | undefined,
  data: Dataset,
): TE.TaskEither<Fault, Named<LabelRow> | undefined> =>
  path === undefined
    ? TE.right(ownLabels(data))
    : pipe(
        readLabels(path),
        TE.chainFirstEitherKW((labels) => alignById({ name: data.name, rows: data.examples }, labels)),
      )

// destructors ------------------------------------------------------------------------------------

/** The filter against the labels, over the rows that have one; undefined where none has. @param seed of the bootstrap intervals */
export const labelledQuality = (
  { data, rule, audit, labels }: LabelledAudit,
  seed: number,
): E.Either<RateError, Quality | undefined> => {
  if (labels === undefined) return E.right(undefined)
  const known = new Set(labels.rows.map(({ id }) => id))
  const judged = audit.rates.flatMap((row, i) =>
    known.has(row.id) ? [{ row, decision: audit.decisions[i] ?? 'indeterminate' }] : [],
  )
  const rates = { name: data.name, rows: judged.map(({ row }) => row) }
  const part = { ...audit, rates: rates.rows, decisions: judged.map(({ decision }) => decision) }
  return auditQuality(rule, part, rates, labels, seed)
}
