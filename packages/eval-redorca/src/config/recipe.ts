/**
 * How the benchmark fine-tunes: the training options of the command line, all with values. The general defaults are those of
 * `tensor-core train`; a suite may have its own.
 */
import * as t from 'io-ts'
import type { RecipeChanges } from '@safe/tensor-core/contracts'
import {
  atLeastZero,
  closed,
  count,
  oneOf,
  optional,
  positive,
  share,
  wholeFromZero,
  withDefault,
} from './closed'

// model ------------------------------------------------------------------------------------------

/** How the benchmark's adapters are trained. */
export interface Recipe {
  readonly rank: number
  readonly alpha: number
  readonly dropout: number
  /** Module names, or `all-linear`. */
  readonly targetModules: string | ReadonlyArray<string>
  readonly lr: number
  readonly epochs: number
  /** Optimizer steps; wins over `epochs`. */
  readonly maxSteps: number | undefined
  readonly batchSize: number
  readonly accumulate: number
  readonly maxLength: number
  readonly warmupSteps: number
  readonly schedule: 'constant' | 'linear' | 'cosine'
  readonly weightDecay: number
  readonly clip: number
  readonly loss: 'example' | 'token'
}

/** The recipe where neither the suite nor the user says otherwise: that of `tensor-core train`. */
export const generalRecipe: Recipe = {
  rank: 16,
  alpha: 32,
  dropout: 0.05,
  targetModules: ['q_proj', 'v_proj'],
  lr: 2e-4,
  epochs: 1,
  maxSteps: undefined,
  batchSize: 8,
  accumulate: 1,
  maxLength: 1024,
  warmupSteps: 0,
  schedule: 'constant',
  weightDecay: 0,
  clip: 1,
  loss: 'example',
}

// codec ------------------------------------------------------------------------------------------

const modules: t.Type<string | ReadonlyArray<string>, unknown> = t.union([
  t.string,
  t.readonlyArray(t.string),
])

/** A recipe with the defaults given for what is left out. */
export const recipeCodec = (fallback: Recipe): t.Type<Recipe, unknown> =>
  closed({
    rank: withDefault(count, fallback.rank),
    alpha: withDefault(positive, fallback.alpha),
    dropout: withDefault(share, fallback.dropout),
    targetModules: withDefault(modules, fallback.targetModules),
    lr: withDefault(positive, fallback.lr),
    epochs: withDefault(count, fallback.epochs),
    maxSteps: optional(count),
    batchSize: withDefault(count, fallback.batchSize),
    accumulate: withDefault(count, fallback.accumulate),
    maxLength: withDefault(count, fallback.maxLength),
    warmupSteps: withDefault(wholeFromZero, fallback.warmupSteps),
    schedule: withDefault(oneOf('constant', 'linear', 'cosine'), fallback.schedule),
    weightDecay: withDefault(atLeastZero, fallback.weightDecay),
    clip: withDefault(atLeastZero, fallback.clip),
    loss: withDefault(oneOf('example', 'token'), fallback.loss),
  })

// combinators ------------------------------------------------------------------------------------

/** The recipe with a method's wishes; a new number of epochs undoes a number of steps. */
export const changed = (recipe: Recipe, changes: RecipeChanges = {}): Recipe => ({
  ...recipe,
  ...(changes.epochs === undefined ? {} : { maxSteps: undefined }),
  ...changes,
})

/** Optimizer steps over this many rows, for estimates. */
export const stepsOver = (rows: number, recipe: Recipe): number =>
  recipe.maxSteps ?? Math.ceil(rows / (recipe.batchSize * recipe.accumulate)) * recipe.epochs
