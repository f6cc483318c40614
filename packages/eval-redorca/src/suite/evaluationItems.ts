/** Evaluation prompts from files: each row as an item, with the file and the row that it comes from. */
import * as E from 'fp-ts/Either'
import { type Dataset, type Example, type Fault, badInput, responseText } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import type { ValidationFiles } from '../config/evaluationFiles'
import { promptKey } from '../mix/promptKey'
import { type EvaluationItem, type EvaluationSet, type EvaluationSplit, evaluationSets } from './suite'

// model ------------------------------------------------------------------------------------------

/** A file of prompts of one kind. */
export interface PromptFile {
  readonly set: EvaluationSet
  readonly split: EvaluationSplit
  readonly path: string
}

/** An item, and the row that it comes from. */
export interface PlacedItem {
  readonly item: EvaluationItem
  readonly file: PromptFile
  /** The row's id in its file. */
  readonly row: string
}

// files ------------------------------------------------------------------------------------------

/** The files that a configuration names for one side of the split. */
export const promptFiles = (files: ValidationFiles, split: EvaluationSplit): ReadonlyArray<PromptFile> =>
  evaluationSets.flatMap((set) => {
    const path = files[set]
    return path === undefined ? [] : [{ set, split, path }]
  })

// rows -------------------------------------------------------------------------------------------

/** The data set that a row comes from, where it says so: results are also stated by it. */
const sourceOf = ({ fields }: Example): { readonly source?: string } => {
  const named = [fields['source'], fields['set']].find((name) => typeof name === 'string')
  return typeof named === 'string' ? { source: named } : {}
}

/** A row says what it is clustered with in its field `cluster`, text or a number; rows of one prompt always are. */
const clusterOf = ({ fields: { cluster }, prompt }: Example): string =>
  typeof cluster === 'string' || typeof cluster === 'number'
    ? String(cluster)
    : contentHash(promptKey(prompt))

/** Ids of different files must differ: those of validation files are marked. */
const idOf = ({ set, split }: PromptFile, { id }: Example): string =>
  split === 'test' ? `${set}-${id}` : `${set}-${split}/${id}`

/** The rows of a file as items. */
export const itemsOf =
  (file: PromptFile) =>
  (data: Dataset): ReadonlyArray<PlacedItem> =>
    data.examples.map((example) => ({
      file,
      row: example.id,
      item: {
        id: idOf(file, example),
        set: file.set,
        split: file.split,
        cluster: clusterOf(example),
        prompt: example.prompt,
        fields: sourceOf(example),
        ...(file.set === 'task' ? { reference: responseText(example.response) } : {}),
      },
    }))

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
