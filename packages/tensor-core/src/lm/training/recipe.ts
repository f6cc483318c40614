/** How an adapter or a model is trained: one table of options, which commands spread into theirs and configurations decode. */
import type { RecipeChanges } from '../../contracts'
import {
  type Values,
  atLeastZero,
  choice,
  commaSeparated,
  count,
  defaultsOf,
  flag,
  integer,
  number,
  optional,
  positive,
  switchedOn,
  text,
  valuesIn,
  wholeFromZero,
  withDefault,
  withDefaults,
} from '../../options'
import { schedules } from './schedule'

// model ------------------------------------------------------------------------------------------

/** What a batch's loss is a mean over: its examples, each the mean over its tokens, or all its tokens. */
export const lossKinds = ['example', 'token'] as const
/** The name of what a batch's loss is a mean over. */
export type LossKind = (typeof lossKinds)[number]

/**
 * The options of training, those of `tensor-core train`. The adapter acts as (alpha / rank) B A with A [rank, d_in] and
 * B [d_out, rank]; weight decay is decoupled: each step takes lr weightDecay p from every parameter p.
 */
export const recipeOptions = {
  rank: withDefault(16, count('rank of the adapter')),
  alpha: withDefault(32, positive('scale of the adapter is alpha / rank')),
  dropout: withDefault(0.05, number('dropout on the input of the adapter', { min: 0, max: 0.95 })),
  targetModules: withDefault<ReadonlyArray<string>>(
    ['q_proj', 'v_proj'],
    commaSeparated(text('modules to adapt, by the end of their names, or all-linear', 'NAME')),
  ),
  lr: withDefault(2e-4, positive('learning rate')),
  epochs: withDefault(1, count('passes over the data')),
  maxSteps: optional(count('optimizer steps in all, cycling the data; wins over `epochs`')),
  batchSize: withDefault(8, count('rows per batch')),
  accumulate: withDefault(1, count('batches per optimizer step')),
  maxLength: withDefault(1024, integer('tokens per row; longer rows are cut on the right', { min: 2 })),
  warmupSteps: withDefault(0, wholeFromZero('steps over which the learning rate rises')),
  schedule: withDefault('constant', choice('course of the learning rate', schedules)),
  weightDecay: withDefault(0, atLeastZero('decoupled weight decay')),
  clip: withDefault(1, atLeastZero('largest norm of the gradient, 0 for no limit')),
  shuffle: switchedOn('batches are consecutive rows in file order'),
  groupByLength: flag('batches of rows of similar length, in random order'),
  loss: withDefault('example', choice('mean over examples, or over tokens', lossKinds)),
  beta1: withDefault(0.9, number("AdamW's decay of the first moment", { min: 0, max: 0.999999 })),
  beta2: withDefault(0.999, number("AdamW's decay of the second moment", { min: 0, max: 0.999999 })),
}

/** How training is done; the same fields as the options of `tensor-core train`. */
export type TrainingRecipe = Values<typeof recipeOptions>

/** The recipe where nothing is said: that of `tensor-core train`. */
export const recipeDefaults: TrainingRecipe = defaultsOf(recipeOptions)

// constructors -----------------------------------------------------------------------------------

/** The options of training with other defaults: a method's published recipe, a suite's own. @param source where they come from */
export const recipeOptionsWith = (defaults: Partial<TrainingRecipe>, source?: string): typeof recipeOptions =>
  withDefaults(recipeOptions, defaults, source)

/** The recipe among the values of a command that has the options of training. */
export const recipeOf = (values: TrainingRecipe): TrainingRecipe => valuesIn(recipeOptions, values)

// combinators ------------------------------------------------------------------------------------

/** The recipe with changes; a new number of epochs undoes a number of steps. */
export const withChanges = (recipe: TrainingRecipe, changes: RecipeChanges = {}): TrainingRecipe => ({
  ...recipe,
  ...(changes.epochs === undefined ? {} : { maxSteps: undefined }),
  ...changes,
})
