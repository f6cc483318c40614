/** How an adapter or a model is trained: one record, decoded from the command line or a configuration, hashed into what it makes. */
import type { LossKind } from './oracle'
import type { Schedule } from './schedule'

// model ------------------------------------------------------------------------------------------

/** How training is done; the same fields as the options of `tensor-core train`. */
export interface TrainingRecipe {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  /** Suffixes of module names, or `all-linear` alone. */
  readonly targetModules: ReadonlyArray<string>
  readonly lr: number
  readonly epochs: number
  /** Optimizer steps in all, cycling the data; wins over `epochs`. */
  readonly maxSteps?: number
  readonly batchSize: number
  /** Batches whose gradients are averaged into one step. */
  readonly accumulate: number
  readonly maxLength: number
  /** Steps over which the learning rate rises. */
  readonly warmupSteps: number
  readonly schedule: Schedule
  readonly weightDecay: number
  /** Largest norm of the gradient; 0 is no limit. */
  readonly clip: number
  readonly shuffle: boolean
  readonly loss: LossKind
  readonly beta1: number
  readonly beta2: number
}

/** The recipe where nothing is said: that of `tensor-core train`. */
export const recipeDefaults: TrainingRecipe = {
  rank: 16,
  alpha: 32,
  dropout: 0.05,
  targetModules: ['q_proj', 'v_proj'],
  lr: 2e-4,
  epochs: 1,
  batchSize: 8,
  accumulate: 1,
  maxLength: 1024,
  warmupSteps: 0,
  schedule: 'constant',
  weightDecay: 0,
  clip: 1,
  shuffle: true,
  loss: 'example',
  beta1: 0.9,
  beta2: 0.999,
}
