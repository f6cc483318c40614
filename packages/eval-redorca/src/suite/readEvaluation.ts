/** Reads the evaluation prompts of a suite: every file of both sides of the split. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { FileSuite } from '../config/fileSuiteConfig'
import { isShare } from '../config/validation'
import { type PlacedItem, type PromptFile, distinctItems, itemsOf, promptFiles } from './evaluationItems'
import type { ReadData } from './readRows'
import { drawnSplit } from './split'
import { withLabels } from './taskAnswer'

interface ReadFile {
  readonly file: PromptFile
  readonly data: Dataset
}

/** The files with the labels of their rules: those of a set are the same on both sides. */
const labelled = (files: ReadonlyArray<ReadFile>): E.Either<Fault, ReadonlyArray<ReadFile>> =>
  pipe(
    files,
    E.traverseArray(({ file, data }) => {
      const { name, rules, path } = file
      if (rules === undefined) return E.right({ file, data })
      const rows = files.flatMap((other) =>
        other.file.rules !== undefined && other.file.name === name ? other.data.examples : [],
      )
      return pipe(
        withLabels(rules.matching, rows, path),
        E.map((matching) => ({ file: { ...file, rules: { ...rules, matching } }, data })),
      )
    }),
  )

/** Items with the side of each, where the side is drawn. */
const split =
  ({ validation }: Pick<FileSuite, 'validation'>) =>
  (placed: ReadonlyArray<PlacedItem>): E.Either<Fault, ReadonlyArray<PlacedItem>> =>
    validation !== undefined && isShare(validation) ? drawnSplit(validation)(placed) : E.right(placed)

/** The prompts of the test, then those of validation files. @returns left: a file or a row that cannot be read, or two rows of one id */
export const readEvaluation = (
  read: ReadData,
  suite: FileSuite,
): TE.TaskEither<Fault, ReadonlyArray<PlacedItem>> =>
  pipe(
    promptFiles(suite),
    TE.traverseArray((file) =>
      pipe(
        read(file.path),
        TE.map((data) => ({ file, data })),
      ),
    ),
    TE.chainEitherK((files) =>
      pipe(
        labelled(files),
        E.chain(E.traverseArray(({ file, data }) => itemsOf(file, suite.maxNewTokens)(data))),
      ),
    ),
    TE.map((files) => files.flat()),
    TE.chainFirstEitherK(distinctItems),
    TE.chainEitherK(split(suite)),
  )
