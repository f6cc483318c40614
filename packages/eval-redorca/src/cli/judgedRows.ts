/** Rows for judges: of a data file, or of a file that another tool wrote. */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Terminal } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { foreignRows, withCompletion } from '../interchange/foreignRows'
import { type Row, rowsOf } from './rowFields'

/** An empty file is an error. Samples of a log without an answer are left out with a warning. */
export const judgedRows =
  ({ warn }: Pick<Terminal, 'warn'>) =>
  (path: string): TE.TaskEither<Fault, ReadonlyArray<Row>> =>
    pipe(
      foreignRows(path),
      TE.chain(
        O.fold(
          () => rowsOf(path),
          ({ rows, warnings }) => {
            warnings.forEach(warn)
            return TE.right(rows)
          },
        ),
      ),
      TE.chainEitherK(E.traverseArray(withCompletion)),
    )
