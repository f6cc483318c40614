/** Training options as this binary spells them: the learning rate's warm-up gives its name to the method's, and the paper's recipe is the default. */
import { type Values, rowOptions, trainingOptions, withDefault } from '@safe/tensor-core/cli'
import { recipeOf } from '@safe/tensor-core/cli'
import type { TrainingRecipe } from '@safe/tensor-core/lm'
import { trainingDefaults } from '../defaults'
import { methodOptions } from './methodOptions'

export const trainingTable = {
  ...trainingOptions,
  lr: withDefault(trainingDefaults.lr, trainingOptions.lr),
  maxLength: withDefault(trainingDefaults.maxLength, trainingOptions.maxLength),
  lrWarmupSteps: trainingOptions.warmupSteps,
  ...methodOptions,
  ...rowOptions,
}

export const recipeFrom = (v: Values<typeof trainingTable>): TrainingRecipe =>
  recipeOf({ ...v, warmupSteps: v.lrWarmupSteps })
