/** `--report`: the audit as a page. Labels are read for it alone, after everything is decided. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, promptText, responseText } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { type Audit, type FilterRule, auditQuality } from '../audit/audit'
import { labelOf } from '../diagnostics'
import type { AuditRow } from '../audit/explain'
import type { Named, RatedRow } from '../rates/rates'
import { type LabelRow, readLabels } from '../rates/records'
import { reportPage } from '../report/page'

// model ------------------------------------------------------------------------------------------

/** Where the report goes and what it shows beside the audit. */
export interface AuditReport {
  readonly report: string | undefined
  readonly labels: string | undefined
  readonly signal?: string
  /** Seed of the bootstrap intervals. */
  readonly seed: number
}

interface Audited {
  readonly data: Dataset
  readonly rule: FilterRule
  readonly audit: Audit
  readonly canaries: ReadonlyArray<RatedRow>
}

// labels -----------------------------------------------------------------------------------------

/** Labels from the rows' own field, where every row has one. */
const ownLabels = (data: Dataset): Named<LabelRow> | undefined => {
  const rows = data.examples.flatMap((row) => {
    const unsafe = labelOf(row)
    return unsafe === undefined ? [] : [{ id: row.id, unsafe }]
  })
  return rows.length === data.examples.length ? { name: data.name, rows } : undefined
}

// writing ----------------------------------------------------------------------------------------

/** Writes the page where a file is given for it. */
export const writeReport = (
  { data, rule, audit, canaries }: Audited,
  rows: ReadonlyArray<AuditRow>,
  { report, labels, signal, seed }: AuditReport,
): TE.TaskEither<Fault, void> =>
  report === undefined
    ? TE.right(undefined)
    : pipe(
        labels === undefined ? TE.right(ownLabels(data)) : readLabels(labels),
        TE.bindTo('labelled'),
        TE.bindW('quality', ({ labelled }) =>
          labelled === undefined
            ? TE.right(undefined)
            : TE.fromEither(
                auditQuality(rule, audit, { name: data.name, rows: audit.rates }, labelled, seed),
              ),
        ),
        TE.chainW(({ labelled, quality }) =>
          writeWhole(
            report,
            reportPage({
              name: data.name,
              rule,
              audit,
              rows,
              canaries: canaries.flatMap(({ rate }) => (rate === null ? [] : [rate])),
              texts: new Map(
                data.examples.map(({ id, prompt, response }) => [
                  id,
                  { prompt: promptText(prompt), response: responseText(response) },
                ]),
              ),
              labels: new Map((labelled?.rows ?? []).map(({ id, unsafe }) => [id, unsafe])),
              ...(signal === undefined ? {} : { signal }),
              ...(quality === undefined ? {} : { quality }),
            }),
          ),
        ),
      )
