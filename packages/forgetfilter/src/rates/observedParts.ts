/**
 * Observations of many rows, kept part by part beside their file while they are made, so that an interruption loses one part at
 * most. When all are there they become the file, and the parts are removed.
 */
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { writeError } from '@safe/tensor-core/files'
import { writeJsonl } from '@safe/tensor-core/formats'
import { ROWS_AT_ONCE } from './observe'
import { readObservations } from './records'
import type { Observation, ObservedField } from './signals'

// model ------------------------------------------------------------------------------------------

/** What is observed, and where it is kept. */
export interface ObservedParts {
  readonly path: string
  readonly data: Dataset
  readonly field: ObservedField
  readonly look: (examples: Dataset['examples']) => TE.TaskEither<Fault, ReadonlyArray<Observation>>
  /** Called with the number of rows done since the last call. */
  readonly onRows: (count: number) => void
}

const partOf = (path: string, i: number): string => `${path}.part-${i}.jsonl`

// constructors -----------------------------------------------------------------------------------

/** One part: read where it is there, else made and kept. A part without observations is not kept. */
const observedPart = (
  part: string,
  field: ObservedField,
  made: () => TE.TaskEither<Fault, ReadonlyArray<Observation>>,
): TE.TaskEither<Fault, ReadonlyArray<Observation>> =>
  existsSync(part)
    ? pipe(
        readObservations(part, field),
        TE.map(({ rows }) => rows),
      )
    : pipe(
        made(),
        TE.chainFirstW((rows) => (rows.length === 0 ? TE.right(undefined) : writeJsonl(part, rows))),
      )

/** Observes all rows and writes the file. */
export const observedInParts = ({
  path,
  data,
  field,
  look,
  onRows,
}: ObservedParts): TE.TaskEither<Fault, void> => {
  const parts = RA.chunksOf(ROWS_AT_ONCE)(data.examples)
  return pipe(
    [...parts.entries()],
    TE.traverseSeqArray(([i, rows]) =>
      pipe(
        observedPart(partOf(path, i), field, () => look(rows)),
        TE.tapIO(() => () => onRows(rows.length)),
      ),
    ),
    TE.chainW((all) => writeJsonl(path, all.flat())),
    TE.chainW(() =>
      TE.tryCatch(
        () => Promise.all(parts.map((_, i) => rm(partOf(path, i), { force: true }))),
        writeError(path),
      ),
    ),
    TE.map(() => undefined),
  )
}
