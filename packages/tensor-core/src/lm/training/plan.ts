/**
 * Which rows every optimizer step sees, as a pure function of the step: what a resumed run needs to continue as if it had never
 * stopped. Warm-up steps take the first batches of the first epoch's order, cycling; then every epoch starts at its first batch.
 */
import type { Phase } from '../../contracts'
import { stream } from '../../random'
import { lengthGroups } from './lengthGroups'
import type { TrainingRecipe } from './recipe'

/** One optimizer step's rows. */
export interface PlannedStep {
  readonly phase: Phase
  readonly epoch: number
  readonly epochStart: boolean
  readonly epochEnd: boolean
  /** One list of row numbers per batch of the step. */
  readonly batches: ReadonlyArray<ReadonlyArray<number>>
}

/** All steps of a run. */
export interface Plan {
  /** Steps of warm-up and epochs, and closing steps after them. */
  readonly totalSteps: number
  /** Steps of warm-up and epochs. */
  readonly trainingSteps: number
  readonly stepsPerEpoch: number
  readonly at: (step: number) => PlannedStep
}

/** What is planned. */
export interface PlanOf {
  /** Number of rows. */
  readonly rows: number
  /** Steps the update rule takes before the first epoch. */
  readonly warmupSteps: number
  /** Steps it takes after the last epoch, default 0; they have the batches of further epochs. */
  readonly closingSteps?: number
  readonly seed: number
  /** Tokens of a row; used where rows are grouped by length. */
  readonly lengthOf: (row: number) => number
}

/** Which rows each step of a run sees. */
export const planOf = (
  recipe: TrainingRecipe,
  { rows, warmupSteps, closingSteps = 0, seed, lengthOf }: PlanOf,
): Plan => {
  const { batchSize, accumulate } = recipe
  const perEpoch = Math.ceil(rows / batchSize)
  const stepsPerEpoch = Math.ceil(perEpoch / accumulate)
  const orders = new Map<number, ReadonlyArray<number>>()
  const orderOf = (epoch: number): ReadonlyArray<number> => {
    const known = orders.get(epoch)
    if (known !== undefined) return known
    const plain = Array.from({ length: rows }, (_, i) => i)
    const shuffled = recipe.shuffle ? stream(seed, 'order', epoch).shuffle(plain) : plain
    const order = recipe.groupByLength
      ? lengthGroups(shuffled, batchSize, lengthOf, (batches) =>
          recipe.shuffle ? stream(seed, 'groups', epoch).shuffle(batches) : batches,
        )
      : shuffled
    if (orders.size > 4) orders.clear()
    orders.set(epoch, order)
    return order
  }
  const batchOf = (epoch: number, b: number): ReadonlyArray<number> =>
    orderOf(epoch).slice(b * batchSize, (b + 1) * batchSize)
  const trainingSteps = recipe.maxSteps ?? warmupSteps + recipe.epochs * stepsPerEpoch
  return {
    totalSteps: trainingSteps + closingSteps,
    trainingSteps,
    stepsPerEpoch,
    at: (step) => {
      const closing = step >= trainingSteps
      if (!closing && step < warmupSteps)
        return {
          phase: 'warmup',
          epoch: 0,
          epochStart: false,
          epochEnd: false,
          batches: Array.from({ length: accumulate }, (_, a) =>
            batchOf(0, (step * accumulate + a) % perEpoch),
          ),
        }
      // Closing steps begin where a further epoch would.
      const epochsBefore = closing ? Math.ceil(Math.max(0, trainingSteps - warmupSteps) / stepsPerEpoch) : 0
      const done = step - (closing ? trainingSteps : warmupSteps)
      const epoch = epochsBefore + Math.floor(done / stepsPerEpoch)
      const within = done % stepsPerEpoch
      const first = within * accumulate
      return {
        phase: closing ? 'closing' : 'train',
        epoch,
        epochStart: !closing && within === 0,
        epochEnd: !closing && within === stepsPerEpoch - 1,
        batches: Array.from({ length: Math.min(accumulate, perEpoch - first) }, (_, a) =>
          batchOf(epoch, first + a),
        ),
      }
    },
  }
}
