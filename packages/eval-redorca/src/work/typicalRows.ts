/**
 * The rows of a typical step, from which it is told how long all steps take. Where batches are of rows of like length, one step may
 * take ten times as long as another; the time of a step grows about evenly with the length of its rows, so rows of mean length take the mean.
 */
import type { Dataset, Example } from '@safe/tensor-core/contracts'
import type { TrainingRecipe } from '@safe/tensor-core/lm'

/** English text has about so many characters for a token; rows are cut at a number of tokens. */
const charactersPerToken = 4

/**
 * Without grouping by length every batch is a draw of all rows: any one is typical, and the set stands as it is.
 *
 * @returns the rows of one step: those around the mean length
 */
export const typicalRows = (
  data: Dataset,
  recipe: Pick<TrainingRecipe, 'batchSize' | 'accumulate' | 'maxLength' | 'groupByLength'>,
): Dataset => {
  if (!recipe.groupByLength) return data
  const lengthOf = ({ raw }: Example): number => Math.min(raw.length, charactersPerToken * recipe.maxLength)
  const sorted = [...data.examples].sort((a, b) => lengthOf(a) - lengthOf(b))
  const mean = sorted.reduce((sum, row) => sum + lengthOf(row), 0) / Math.max(1, sorted.length)
  const count = recipe.batchSize * recipe.accumulate
  const middle = sorted.filter((row) => lengthOf(row) < mean).length
  const first = Math.max(0, Math.min(middle - Math.floor(count / 2), sorted.length - count))
  return { ...data, examples: sorted.slice(first, first + count) }
}
