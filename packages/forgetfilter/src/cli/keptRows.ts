/** Results of `filter` and `run`: kept and dropped rows, byte for byte as they stand in the data file, the audit and the report. */
import type { IO } from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Terminal, file, optional } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { writeJsonl } from '@safe/tensor-core/formats'
import { type Audit, type FilterRule, keptIds } from '../audit/audit'
import { auditRows } from '../audit/explain'
import type { RatedRow } from '../rates/rates'
import { type Source, keptText, writeText } from '../source'
import { type AuditReport, writeReport } from './report'
import { outputOptions } from './targets'

// options ----------------------------------------------------------------------------------------

/** Where the results of a filter are written, to be spread into a command's options. */
export const keptRowsOptions = {
  dropped: optional(file('where the dropped rows are written')),
  audit: optional(file('where every row is written as {id, s1, s2, rate, decision, kept, why}')),
  report: optional(file('where the audit is written as a page, .html')),
  labels: optional(
    file(
      'rows {id, unsafe: 0 | 1} for the quality in the report (default: the field `unsafe` of the data); they decide nothing',
    ),
  ),
  ...outputOptions,
}

// model ------------------------------------------------------------------------------------------

/** A filter applied to a data file: the file's rows, and which of them stay. */
export interface FilteredFile {
  readonly source: Source
  /** The rows of `source`, in order. */
  readonly data: Dataset
  readonly rule: FilterRule
  readonly audit: Audit
  readonly canaries: ReadonlyArray<RatedRow>
}

/** Where the parts of a result go. */
export interface PartFiles extends AuditReport {
  readonly out: string
  readonly dropped: string | undefined
  readonly audit: string | undefined
}

// writing ----------------------------------------------------------------------------------------

const unlessMissing = <E>(
  path: string | undefined,
  write: (path: string) => TE.TaskEither<E, void>,
): TE.TaskEither<E, void> => (path === undefined ? TE.right(undefined) : write(path))

/** Writes the kept rows, last, and before them the other parts for which a file is given. */
export const writeParts = (filtered: FilteredFile, files: PartFiles): TE.TaskEither<Fault, void> => {
  const { source, data, rule, audit } = filtered
  const kept = keptIds(rule, audit)
  const rows = auditRows(rule, audit, kept)
  const stays = (i: number): boolean => kept.has(data.examples[i]?.id ?? '')
  return pipe(
    writeReport(filtered, rows, files),
    TE.chainW(() => unlessMissing(files.audit, (path) => writeJsonl(path, rows))),
    TE.chainW(() =>
      unlessMissing(files.dropped, (path) =>
        writeText(
          path,
          keptText(source, (i) => !stays(i)),
        ),
      ),
    ),
    TE.chainW(() => writeText(files.out, keptText(source, stays))),
  )
}

/** What the user should know before using the kept rows. */
export const warnings =
  ({ warn }: Terminal, rule: FilterRule, audit: Audit): IO<void> =>
  () => {
    const { counts, rates, threshold } = audit
    if (threshold.abstained)
      warn(`no threshold by ${threshold.method}, so all ${rates.length} rows are kept: ${threshold.reason}`)
    else if (counts.indeterminate > 0)
      warn(
        `${counts.indeterminate} of ${rates.length} rows were learned too little to judge; they are ${rule.indeterminate === 'keep' ? 'kept' : 'dropped'} (--indeterminate)`,
      )
    if (keptIds(rule, audit).size === 0) warn('no row is kept')
  }
