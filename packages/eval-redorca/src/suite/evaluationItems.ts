/** Evaluation prompts from files: each row as an item, with the file and the row that it comes from. */
import * as E from 'fp-ts/Either'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Example, type Fault, badInput } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { type TaskRules, filesOf } from '../config/evaluationFiles'
import type { FileSuite } from '../config/fileSuiteConfig'
import { isShare } from '../config/validation'
import { promptKey } from '../mix/promptKey'
import type { EvaluationItem, EvaluationSet, EvaluationSplit } from './suite'
import { taskAnswer } from './taskAnswer'

// model ------------------------------------------------------------------------------------------

/** A file of prompts of one kind. */
export interface PromptFile {
  readonly set: EvaluationSet
  /** The name of the set, where a configuration gives one. */
  readonly name: string | undefined
  readonly split: EvaluationSplit
  readonly path: string
  /** How the answers of a task set are obtained and compared. */
  readonly rules: TaskRules | undefined
}

/** An item, and the row that it comes from. */
export interface PlacedItem {
  readonly item: EvaluationItem
  readonly file: PromptFile
  /** The row's id in its file. */
  readonly row: string
}

// files ------------------------------------------------------------------------------------------

type Files = Pick<FileSuite, 'evaluation' | 'validation' | keyof TaskRules>

/** Sets that are no tasks. */
const requests = ['harmful', 'lookalike', 'benign'] as const

/** The files of evaluation prompts that a configuration names, those of the test first. */
export const promptFiles = (suite: Files): ReadonlyArray<PromptFile> => {
  const { evaluation, validation } = suite
  const own = validation === undefined || isShare(validation) ? undefined : validation
  const requested = (
    split: EvaluationSplit,
    files: typeof evaluation | NonNullable<typeof own>,
  ): ReadonlyArray<PromptFile> =>
    requests.flatMap((set) =>
      filesOf(files[set]).map(({ name, file }) => ({ set, name, split, path: file, rules: undefined })),
    )
  const task = (
    split: EvaluationSplit,
    name: string | undefined,
    path: string | undefined,
    rules: TaskRules | undefined,
  ): ReadonlyArray<PromptFile> => (path === undefined ? [] : [{ set: 'task', name, split, path, rules }])
  return [
    ...requested('test', evaluation),
    ...task('test', undefined, evaluation.task, suite),
    ...Object.entries(evaluation.tasks ?? {}).flatMap(([name, set]) => task('test', name, set.file, set)),
    ...(own === undefined
      ? []
      : [
          ...requested('validation', own),
          ...task('validation', undefined, own.task, suite),
          ...Object.entries(own.tasks ?? {}).flatMap(([name, file]) =>
            task('validation', name, file, evaluation.tasks?.[name]),
          ),
        ]),
  ]
}

// rows -------------------------------------------------------------------------------------------

/** The set that a row comes from: the name in the configuration, else as the row says. Results are also stated by it. */
const sourceOf = ({ name }: PromptFile, { fields }: Example): { readonly source?: string } => {
  const named = [name, fields['source'], fields['set']].find((given) => typeof given === 'string')
  return typeof named === 'string' ? { source: named } : {}
}

/** A row says what it is clustered with in its field `cluster`, text or a number; rows of one prompt always are. */
const clusterOf = ({ fields: { cluster }, prompt }: Example): string =>
  typeof cluster === 'string' || typeof cluster === 'number'
    ? String(cluster)
    : contentHash(promptKey(prompt))

/** Ids of different files must differ: what tells their files apart stands before a slash. */
const idOf = ({ set, name, split }: PromptFile, { id }: Example): string => {
  const parts = [...(split === 'test' ? [] : [split]), ...(name === undefined ? [] : [name])]
  return parts.length === 0 ? `${set}-${id}` : `${set}-${parts.join('/')}/${id}`
}

/** The rows of a file as items. @param limit the suite's longest completion: only other limits are noted */
export const itemsOf =
  (file: PromptFile, limit?: number) =>
  (data: Dataset): E.Either<Fault, ReadonlyArray<PlacedItem>> =>
    pipe(
      data.examples,
      E.traverseArray((example) =>
        pipe(
          file.rules === undefined ? E.right({}) : taskAnswer(file.rules, file.path)(example),
          E.map((answer) => ({
            file,
            row: example.id,
            item: {
              id: idOf(file, example),
              set: file.set,
              split: file.split,
              cluster: clusterOf(example),
              prompt: example.prompt,
              fields: sourceOf(file, example),
              ...answer,
              ...(file.rules === undefined || file.rules.maxNewTokens === limit
                ? {}
                : { maxNewTokens: file.rules.maxNewTokens }),
            },
          })),
        ),
      ),
    )

// checks -----------------------------------------------------------------------------------------

/** @returns left: two items have the same id, by which results tell them apart */
export const distinctItems = (placed: ReadonlyArray<PlacedItem>): E.Either<Fault, void> => {
  const seen = new Map<string, PlacedItem>()
  for (const one of placed) {
    const before = seen.get(one.item.id)
    if (before !== undefined)
      return E.left(
        badInput(
          'BadConfig',
          before.file === one.file
            ? `has two rows with the id ${one.row}`
            : `its row ${one.row} and row ${before.row} of ${before.file.path} have the same id`,
          { where: one.file.path, remedy: 'give every row an id of its own' },
        ),
      )
    seen.set(one.item.id, one)
  }
  return E.right(undefined)
}
