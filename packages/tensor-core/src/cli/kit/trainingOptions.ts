/** Training as options of a command: every command that trains spreads this table into its own. */
import { type TrainingRecipe, recipeDefaults, schedules } from '../../lm'
import {
  type Values,
  choice,
  commaSeparated,
  flag,
  integer,
  number,
  optional,
  text,
  withDefault,
} from '../../options'

/** The option table of training; every command that trains spreads it into its own. */
export const trainingOptions = {
  rank: withDefault(recipeDefaults.rank, integer('rank of the adapter', { min: 1 })),
  alpha: withDefault(
    recipeDefaults.alpha,
    number('scale of the adapter is alpha / rank', { min: 0, exclusiveMin: true }),
  ),
  dropout: withDefault(
    recipeDefaults.dropout,
    number('dropout on the input of the adapter', { min: 0, max: 0.95 }),
  ),
  targetModules: withDefault(
    ['q_proj', 'v_proj'],
    commaSeparated(text('modules to adapt, by the end of their names, or all-linear', 'NAME')),
  ),
  lr: withDefault(recipeDefaults.lr, number('learning rate', { min: 0, exclusiveMin: true })),
  epochs: withDefault(recipeDefaults.epochs, integer('passes over the data', { min: 1 })),
  maxSteps: optional(integer('optimizer steps in all, cycling the data; wins over --epochs', { min: 1 })),
  batchSize: withDefault(recipeDefaults.batchSize, integer('rows per batch', { min: 1 })),
  accumulate: withDefault(1, integer('batches per optimizer step', { min: 1 })),
  maxLength: withDefault(
    recipeDefaults.maxLength,
    integer('tokens per row; longer rows are cut on the right', { min: 2 }),
  ),
  warmupSteps: withDefault(0, integer('steps over which the learning rate rises', { min: 0 })),
  schedule: withDefault('constant', choice('course of the learning rate', schedules)),
  weightDecay: withDefault(0, number('decoupled weight decay', { min: 0 })),
  clip: withDefault(1, number('largest norm of the gradient, 0 for no limit', { min: 0 })),
  noShuffle: flag('batches are consecutive rows in file order'),
  groupByLength: flag('batches of rows of similar length, in random order'),
  loss: withDefault('example', choice('mean over examples, or over tokens', ['example', 'token'])),
  beta1: withDefault(0.9, number("AdamW's decay of the first moment", { min: 0, max: 0.999999 })),
  beta2: withDefault(0.999, number("AdamW's decay of the second moment", { min: 0, max: 0.999999 })),
}

/** The values of the training options, decoded. */
export type TrainingValues = Values<typeof trainingOptions>

/** The recipe that these options make. */
export const recipeOf = ({ noShuffle, maxSteps, ...rest }: TrainingValues): TrainingRecipe => ({
  rank: rest.rank,
  alpha: rest.alpha,
  dropout: rest.dropout,
  targetModules: rest.targetModules,
  lr: rest.lr,
  epochs: rest.epochs,
  batchSize: rest.batchSize,
  accumulate: rest.accumulate,
  maxLength: rest.maxLength,
  warmupSteps: rest.warmupSteps,
  schedule: rest.schedule,
  weightDecay: rest.weightDecay,
  clip: rest.clip,
  loss: rest.loss,
  beta1: rest.beta1,
  beta2: rest.beta2,
  shuffle: !noShuffle,
  ...(rest.groupByLength ? { groupByLength: true } : {}),
  ...(maxSteps === undefined ? {} : { maxSteps }),
})
