/**
 * The benign rows of an attacker that chooses them. Their scores are a step of their own, kept under the model, the adapter that gradients
 * are of, the rows and the anchors.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import {
  type TrainingRecipe,
  anchorDefaults,
  anchorRows,
  anchorScores,
  highestRows,
} from '@safe/tensor-core/lm'
import { type Keep, type Key, dataHash, keepLines } from '@safe/tensor-core/pipeline'
import { type BenignRows, chosenCount } from '../config/benignRows'
import { alignedKey, environmentKey } from '../plan/applied'
import { drawnRows, repeatedRows } from '../plan/benignRows'
import { resourcesOf } from './resources'
import type { Site } from './site'

// scores -----------------------------------------------------------------------------------------

const score = t.type({
  /** The row's number. */
  row: t.number,
  score: t.number,
})

/** Scores in the file `scores.jsonl`. */
const keepScores: Keep<ReadonlyArray<t.TypeOf<typeof score>>> = keepLines('scores.jsonl', score)

/** What gradients depend on: the adapter, and how rows are read and batched. */
const gradientKey = ({ rank, alpha, targetModules, maxLength, batchSize, loss }: TrainingRecipe): Key => ({
  ...{ rank, alpha, targetModules, maxLength, batchSize, loss },
})

const { anchors, tokens } = anchorDefaults

/** The score of every row, by its number. */
const scored = (
  site: Site,
  seed: number,
  data: Dataset,
): TE.TaskEither<Fault, ReadonlyMap<number, number>> => {
  const { bench, engine, memo } = site
  const { gradients, harmful, references } = resourcesOf(site, seed)
  return pipe(
    TE.fromEither(anchorRows({ harmful, references }, anchors)),
    TE.chainW((rows) =>
      memo.once(
        () => ({
          step: 'erosion',
          ...environmentKey(bench, engine),
          ...alignedKey(bench),
          ...{ recipe: gradientKey(bench.config.recipe), seed, tokens },
          rows: dataHash(data),
          anchors: [rows.harmful, rows.safe1, rows.safe2].map((examples) => dataHash({ name: '', examples })),
        }),
        keepScores,
        () =>
          pipe(
            gradients(data, anchorScores({ anchors: rows, tokens })),
            TE.map((found) => [...found].map(([row, value]) => ({ row, score: value }))),
          ),
      ),
    ),
    TE.map((found) => new Map(found.map(({ row, score: value }) => [row, value]))),
  )
}

// constructors -----------------------------------------------------------------------------------

/** The rows that the attacker chooses among these benign ones, repeated as it says. */
export const chosenBenignRows = (
  site: Site,
  seed: number,
  choice: BenignRows,
  data: Dataset,
): TE.TaskEither<Fault, Dataset> =>
  pipe(
    choice.rows === 'random'
      ? TE.right(drawnRows(choice, data, seed))
      : pipe(
          scored(site, seed, data),
          TE.map((scores) => highestRows(scores, chosenCount(choice, data.examples.length))),
        ),
    TE.map((numbers) => repeatedRows(choice, data, numbers)),
  )
