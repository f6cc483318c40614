/** Task and references read for one model: what has no response token is left out, and every row's response tokens are counted. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { type OpenedModel, type RowChoice, encodedRows, openModel } from '@safe/tensor-core/lm'
import { encodingWarnings } from '@safe/tensor-core/text'
import type { NumberedRows } from '../scoring'
import type { CountTokens } from '../taskFilter'
import { rowsHash } from './selectionRecord'

// model ------------------------------------------------------------------------------------------

export interface RowsChoice extends RowChoice {
  readonly model: string
  readonly task: string
  readonly references: string
  readonly maxLength: number
}

/** Fills in references without a response. */
export type Complete = (opened: OpenedModel, pool: Dataset) => TE.TaskEither<Fault, Dataset>

export interface GivenRows {
  readonly opened: OpenedModel
  /** As read: training leaves out rows without a response token itself. */
  readonly task: Dataset
  /** Those with a response token, and their numbers in the file. */
  readonly references: Dataset & NumberedRows
  /** Of what is trained on: after cutting, end of sequence included. */
  readonly countTokens: CountTokens
  /** A hash of the references: a checkpoint made with others is not continued. */
  readonly fingerprint: string
}

// reading ----------------------------------------------------------------------------------------

/** The rows of a file that may be left out. */
export const readMaybe = (path: string | undefined): TE.TaskEither<Fault, Dataset | undefined> =>
  path === undefined ? TE.right(undefined) : readDataset(path)

/** Rows that can be learned from, measured or kept in a memory; the others are counted in a warning. */
export const usable =
  (
    { maxLength }: Pick<RowsChoice, 'maxLength'>,
    opened: OpenedModel,
    warn: (line: string) => void,
  ): ((rows: Dataset) => E.Either<Fault, Dataset>) =>
  (rows) =>
    pipe(
      encodedRows(opened, rows, maxLength),
      E.map((encoded) => {
        encodingWarnings(encoded, maxLength).forEach((line) => warn(`${rows.name}: ${line}`))
        return { ...rows, examples: encoded.rows.map(({ example }) => example) }
      }),
    )

/**
 * @param warn is told of references that were cut or skipped; training reports those of the task
 * @param complete by default references without a response are skipped
 */
export const givenRows = (
  choice: RowsChoice,
  warn: (line: string) => void,
  complete: Complete = (_, pool) => TE.right(pool),
): TE.TaskEither<Fault, GivenRows> =>
  pipe(
    TE.Do,
    TE.bindW('task', () => readDataset(choice.task)),
    TE.bindW('read', () => readDataset(choice.references)),
    TE.bindW('opened', () => openModel(choice.model, choice)),
    TE.bindW('taskRows', ({ opened, task }) => TE.fromEither(encodedRows(opened, task, choice.maxLength))),
    TE.bindW('pool', ({ opened, read }) => complete(opened, read)),
    TE.bindW('poolRows', ({ opened, pool }) => TE.fromEither(encodedRows(opened, pool, choice.maxLength))),
    TE.map(({ opened, task, pool, taskRows, poolRows }) => {
      encodingWarnings(poolRows, choice.maxLength).forEach((line) => warn(`${pool.name}: ${line}`))
      const counts = new Map(
        taskRows.rows.map(({ example, responseTokens }) => [example, responseTokens.length]),
      )
      const examples = poolRows.rows.map(({ example }) => example)
      return {
        opened,
        task,
        references: { name: pool.name, examples, numbers: poolRows.rows.map(({ index }) => index) },
        countTokens: (e) => counts.get(e) ?? 0,
        fingerprint: rowsHash({ name: pool.name, examples }),
      }
    }),
  )
