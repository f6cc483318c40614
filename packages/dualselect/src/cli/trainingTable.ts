/** Training options as this binary spells them: the learning rate's warm-up gives its name to the method's, and the paper's recipe is the default. */
import {
  type TrainingRecipe,
  type Values,
  recipeOf,
  recipeOptionsWith,
  rowOptions,
} from '@safe/tensor-core/cli'
import { dualSelectOptions, paper, trainingDefaults } from '../options'

const { lr, maxLength } = trainingDefaults
const recipeOptions = recipeOptionsWith({ lr, maxLength }, paper)

/** The options of the method, of training and of reading rows. */
export const trainingTable = {
  ...recipeOptions,
  lrWarmupSteps: recipeOptions.warmupSteps,
  ...dualSelectOptions,
  ...rowOptions,
}

/** The recipe that these options make. */
export const recipeFrom = (v: Values<typeof trainingTable>): TrainingRecipe =>
  recipeOf({ ...v, warmupSteps: v.lrWarmupSteps })
