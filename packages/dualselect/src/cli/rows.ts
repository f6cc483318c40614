/** Task and references read for one model: what has no response token is left out, and every row's response tokens are counted. */
import { createHash } from 'node:crypto'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Example, LmError } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import { type RowChoice, encodedRows, openModel } from '@safe/tensor-core/lm'
import { encodingWarnings } from '@safe/tensor-core/text'
import type { NumberedRows } from '../scoring'
import type { CountTokens } from '../taskFilter'

// model ------------------------------------------------------------------------------------------

export interface RowsChoice extends RowChoice {
  readonly model: string
  readonly task: string
  readonly references: string
  readonly maxLength: number
}

export interface GivenRows {
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

const hashOf = (rows: ReadonlyArray<Example>): string =>
  rows.reduce((hash, e) => hash.update(`${e.raw}\n`), createHash('sha256')).digest('hex')

/** @param warn is told of references that were cut or skipped; training reports those of the task */
export const givenRows = (
  choice: RowsChoice,
  warn: (line: string) => void,
): TE.TaskEither<LmError, GivenRows> =>
  pipe(
    TE.Do,
    TE.bindW('task', () => readDataset(choice.task)),
    TE.bindW('pool', () => readDataset(choice.references)),
    TE.bindW('opened', () => openModel(choice.model, choice)),
    TE.bindW('taskRows', ({ opened, task }) => TE.fromEither(encodedRows(opened, task, choice.maxLength))),
    TE.bindW('poolRows', ({ opened, pool }) => TE.fromEither(encodedRows(opened, pool, choice.maxLength))),
    TE.map(({ task, pool, taskRows, poolRows }) => {
      encodingWarnings(poolRows, choice.maxLength).forEach((line) => warn(`${pool.name}: ${line}`))
      const counts = new Map(
        taskRows.rows.map(({ example, responseTokens }) => [example, responseTokens.length]),
      )
      const examples = poolRows.rows.map(({ example }) => example)
      return {
        task,
        references: { name: pool.name, examples, numbers: poolRows.rows.map(({ index }) => index) },
        countTokens: (e) => counts.get(e) ?? 0,
        fingerprint: hashOf(examples),
      }
    }),
  )
