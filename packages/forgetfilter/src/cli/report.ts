/** `--report`: the audit as a page. */
import * as TE from 'fp-ts/TaskEither'
import { type FormatError, promptText, responseText } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import type { AuditRow } from '../audit/explain'
import type { Quality } from '../audit/quality'
import type { RatedRow } from '../rates/rates'
import { reportPage } from '../report/page'
import type { LabelledAudit } from './labels'

// model ------------------------------------------------------------------------------------------

/** Where the report goes, and what it names. */
export interface AuditReport {
  readonly report: string | undefined
  readonly signal?: string
}

/** What the page shows. */
export interface ReportedAudit extends LabelledAudit {
  readonly canaries: ReadonlyArray<RatedRow>
}

// writing ----------------------------------------------------------------------------------------

/** Writes the page where a file is given for it. */
export const writeReport = (
  { data, rule, audit, canaries, labels }: ReportedAudit,
  rows: ReadonlyArray<AuditRow>,
  quality: Quality | undefined,
  { report, signal }: AuditReport,
): TE.TaskEither<FormatError, void> =>
  report === undefined
    ? TE.right(undefined)
    : writeWhole(
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
          labels: new Map((labels?.rows ?? []).map(({ id, unsafe }) => [id, unsafe])),
          ...(signal === undefined ? {} : { signal }),
          ...(quality === undefined ? {} : { quality }),
        }),
      )
