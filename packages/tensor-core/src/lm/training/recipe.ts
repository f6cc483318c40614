/** How an adapter or a model is trained: one record, decoded from the command line or a configuration, hashed into what it makes. */
import type { LossKind } from './oracle'
import type { Schedule } from './schedule'

// model ------------------------------------------------------------------------------------------

/** How training is done; the same fields as the options of `tensor-core train`. */
export interface TrainingRecipe {
  /** Rank r of the factors A [r, d_in] and B [d_out, r]. */
  readonly rank: number
  /** The adapter acts as (alpha / rank) B A. */
  readonly alpha: number
  /** Share of the adapter's inputs set to 0 in training, the rest scaled by 1 / (1 - dropout). */
  readonly dropout: number
  /** Suffixes of module names, or `all-linear` alone. */
  readonly targetModules: ReadonlyArray<string>
  /** Learning rate after warm-up. */
  readonly lr: number
  /** Passes over the data. */
  readonly epochs: number
  /** Optimizer steps in all, cycling the data; wins over `epochs`. */
  readonly maxSteps?: number
  /** Rows per batch. */
  readonly batchSize: number
  /** Batches whose gradients are averaged into one step. */
  readonly accumulate: number
  /** Tokens per row; longer rows are cut on the right. */
  readonly maxLength: number
  /** Steps over which the learning rate rises. */
  readonly warmupSteps: number
  /** What the learning rate does after warm-up. */
  readonly schedule: Schedule
  /** Decoupled: each step takes lr weightDecay p from every parameter p. */
  readonly weightDecay: number
  /** Largest norm of the gradient; 0 is no limit. */
  readonly clip: number
  /** Every epoch has an order of its own, drawn from the seed; without it rows keep the order of the file. */
  readonly shuffle: boolean
  /** Batches of rows of similar length (`lengthGroups`), so that little of them is padding; default no. */
  readonly groupByLength?: boolean
  /** What a batch's loss is a mean over. */
  readonly loss: LossKind
  /** AdamW's decay of the first moment. */
  readonly beta1: number
  /** AdamW's decay of the second moment. */
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
