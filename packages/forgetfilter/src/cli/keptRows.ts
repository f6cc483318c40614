/** Results of `filter` and `run`: kept and dropped rows, byte for byte as they stand in the data file, the audit and the report. */
import * as E from 'fp-ts/Either'
import type { IO } from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Terminal, file, optional } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { writeJsonl } from '@safe/tensor-core/formats'
import { type Audit, type FilterRule, keptIds } from '../audit/audit'
import { auditRows } from '../audit/explain'
import type { Quality } from '../audit/quality'
import type { Named, RatedRow } from '../rates/rates'
import type { LabelRow } from '../rates/records'
import { type Source, keptText, writeText } from '../source'
import { labelledQuality } from './labels'
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
      'rows {id, unsafe: 0 | 1} for the quality in the answer and the report (default: the field `unsafe` of the data, for the report); they decide nothing',
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
  readonly labels: Named<LabelRow> | undefined
}

/** Where the parts of a result go. */
export interface PartFiles extends AuditReport {
  readonly out: string
  readonly dropped: string | undefined
  readonly audit: string | undefined
  readonly labels: string | undefined
  /** Seed of the bootstrap intervals. */
  readonly seed: number
}

// writing ----------------------------------------------------------------------------------------

const unlessMissing = <E>(
  path: string | undefined,
  write: (path: string) => TE.TaskEither<E, void>,
): TE.TaskEither<E, void> => (path === undefined ? TE.right(undefined) : write(path))

/**
 * Writes the kept rows, last, and before them the other parts for which a file is given.
 *
 * @returns the quality, where it was asked for by a report or by labels, and rows are labelled
 */
export const writeParts = (
  filtered: FilteredFile,
  files: PartFiles,
): TE.TaskEither<Fault, Quality | undefined> => {
  const { source, data, rule, audit } = filtered
  const kept = keptIds(rule, audit)
  const rows = auditRows(rule, audit, kept)
  const stays = (i: number): boolean => kept.has(data.examples[i]?.id ?? '')
  const quality =
    files.report === undefined && files.labels === undefined
      ? E.right(undefined)
      : labelledQuality(filtered, files.seed)
  return pipe(
    TE.fromEither<Fault, Quality | undefined>(quality),
    TE.chainFirstW((found) => writeReport(filtered, rows, found, files)),
    TE.chainFirstW(() => unlessMissing(files.audit, (path) => writeJsonl(path, rows))),
    TE.chainFirstW(() =>
      unlessMissing(files.dropped, (path) =>
        writeText(
          path,
          keptText(source, (i) => !stays(i)),
        ),
      ),
    ),
    TE.chainFirstW(() => writeText(files.out, keptText(source, stays))),
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
