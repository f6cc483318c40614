/** Kept and dropped rows as `filter` and `run` write them: byte for byte as they stand in the data file. */
import type { IO } from 'fp-ts/IO'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Terminal, file, optional } from '@safe/tensor-core/cli'
import type { Dataset, FormatError } from '@safe/tensor-core/contracts'
import { type Audit, type FilterRule, keptIds } from '../audit'
import { type Source, keptText, writeText } from '../source'
import { outputOptions } from './targets'

/** `--out`, `--dropped` and `--overwrite`, to be spread into a command's options. */
export const keptRowsOptions = {
  dropped: optional(file('where the dropped rows are written')),
  ...outputOptions,
}

/** A filter applied to a data file: the file's rows, and which of them stay. */
export interface FilteredFile {
  readonly source: Source
  /** The rows of `source`, in order. */
  readonly data: Dataset
  readonly rule: FilterRule
  readonly audit: Audit
}

/** Writes the kept rows, and the dropped ones where a file is given for them. */
export const writeParts = (
  { source, data, rule, audit }: FilteredFile,
  { out, dropped }: { readonly out: string; readonly dropped: string | undefined },
): TE.TaskEither<FormatError, void> => {
  const kept = keptIds(rule, audit)
  const stays = (i: number): boolean => kept.has(data.examples[i]?.id ?? '')
  return pipe(
    dropped === undefined
      ? TE.right(undefined)
      : writeText(
          dropped,
          keptText(source, (i) => !stays(i)),
        ),
    TE.chain(() => writeText(out, keptText(source, stays))),
  )
}

/** What the user should know before using the kept rows. */
export const warnings =
  ({ warn }: Terminal, rule: FilterRule, audit: Audit): IO<void> =>
  () => {
    const { counts, rates } = audit
    if (counts.indeterminate > 0)
      warn(
        `${counts.indeterminate} of ${rates.length} rows were learned too little to judge; they are ${rule.indeterminate === 'keep' ? 'kept' : 'dropped'} (--indeterminate)`,
      )
    if (keptIds(rule, audit).size === 0) warn('no row is kept')
  }
