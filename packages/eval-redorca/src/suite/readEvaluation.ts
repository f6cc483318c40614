/** Reads the evaluation prompts of a suite: every file of both sides of the split. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { TaskRules } from '../config/evaluationFiles'
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
const labelled = (files: ReadonlyArray<ReadFile>): ReadonlyArray<ReadFile> => {
  const rules = new Map<string | undefined, TaskRules>()
  const rulesOf = ({ name, rules: own }: PromptFile): TaskRules | undefined => {
    if (own === undefined) return undefined
    const rows = files.flatMap(({ file, data }) =>
      file.rules !== undefined && file.name === name ? data.examples : [],
    )
    const found = rules.get(name) ?? { ...own, matching: withLabels(own.matching, rows) }
    rules.set(name, found)
    return found
  }
  return files.map(({ file, data }) => ({ file: { ...file, rules: rulesOf(file) }, data }))
}

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
        E.traverseArray(({ file, data }) => itemsOf(file, suite.maxNewTokens)(data)),
      ),
    ),
    TE.map((files) => files.flat()),
    TE.chainFirstEitherK(distinctItems),
    TE.chainEitherK(split(suite)),
  )
