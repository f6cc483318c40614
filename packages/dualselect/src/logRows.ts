/** Rows of a log of a training run; a run that logs nothing leaves an empty file. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type DataError, type Row, readRows } from '@safe/tensor-core/formats'

/** The rows of a log, none of an empty one. */
export const logRows = (path: string): TE.TaskEither<DataError, ReadonlyArray<Row>> =>
  pipe(
    readRows(path),
    TE.orElse((e) => (e._tag === 'EmptyData' ? TE.right([]) : TE.left(e))),
  )
