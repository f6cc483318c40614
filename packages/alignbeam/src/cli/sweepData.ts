/** The files of a sweep: rows with their clusters and sides, hashes of what they hold, and when a task is solved. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, responseText } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import { solvedBy } from '../sweep/match'
import type { RowSet } from '../sweep/outcome'
import { type SetRows, type SweepRow, sweepRows } from '../sweep/rows'
import type { SplitRule } from '../sweep/split'
import type { SweepValues } from './sweepOptions'

/** What is answered. */
export interface SweepData {
  readonly rows: ReadonlyArray<SweepRow>
  readonly solves: (completion: string, response: string) => boolean
  /** A hash of the rows of each file. */
  readonly hashes: Readonly<Record<string, string>>
}

const rowsIn =
  (limit: number | undefined) =>
  ({ set, path }: Pick<SetRows, 'set' | 'path'>): TE.TaskEither<Fault, SetRows> =>
    pipe(
      readDataset(path),
      TE.map(({ examples }) => ({ set, path, examples: examples.slice(0, limit) })),
    )

/** Reads the files. @returns left: a file that cannot be read, a field that a row lacks, or a side without rows */
export const readSweepData = (values: SweepValues, split: SplitRule): TE.TaskEither<Fault, SweepData> => {
  const files: ReadonlyArray<{ readonly set: RowSet; readonly path: string | undefined }> = [
    { set: 'harmful', path: values.harmful },
    { set: 'benign', path: values.benign },
    { set: 'task', path: values.task },
  ]
  return pipe(
    files.flatMap(({ set, path }) => (path === undefined ? [] : [{ set, path }])),
    TE.traverseSeqArray(rowsIn(values.limit)),
    TE.bindTo('sets'),
    TE.bind('rows', ({ sets }) => TE.fromEither(sweepRows(sets, { cluster: values.cluster, split }))),
    TE.map(({ sets, rows }) => ({
      rows,
      solves: solvedBy(
        values.match,
        rows.flatMap(({ set, example }) => (set === 'task' ? [responseText(example.response)] : [])),
      ),
      hashes: Object.fromEntries(
        sets.map(({ set, examples }) => [set, contentHash(examples.map(({ raw }) => raw))]),
      ),
    })),
  )
}
