/** What both commands take: a model, the task's rows, the references, and how they are trained and selected. */
import * as E from 'fp-ts/Either'
import type * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type TrainingRecipe,
  type Values,
  dataFile,
  modelFolder,
  required,
  rowChoiceOf,
  valuesIn,
} from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { checkWarmup } from '../dualSelect'
import { type DualSelectOptions, dualSelectOptions, isPlain } from '../options'
import { type Complete, type GivenRows, givenRows } from './rows'
import { recipeFrom, trainingTable } from './trainingTable'

export const inputTable = {
  model: required(modelFolder('model folder, or hub:ORG/NAME')),
  task: required(dataFile('rows to learn')),
  references: required(dataFile('rows to keep: safety references, or a replay buffer')),
  ...trainingTable,
}

export interface Inputs {
  readonly options: DualSelectOptions
  readonly recipe: TrainingRecipe
  /** Reads the rows of both files, as `givenRows` does. */
  readonly rows: (warn: (line: string) => void, complete?: Complete) => TE.TaskEither<Fault, GivenRows>
}

/**
 * @returns left `BadOption` for a loss over tokens: selections are over rows, so the loss must be a mean over rows; `WarmupMissing` for
 * `kl` without a warm-up
 */
export const inputsOf = (values: Values<typeof inputTable>): E.Either<Fault, Inputs> => {
  const [options, recipe] = [valuesIn(dualSelectOptions, values), recipeFrom(values)]
  const { model, task, references } = values
  return recipe.loss === 'token' && !isPlain(options)
    ? E.left(
        badInput('BadOption', 'is not defined for DualSelect, which weighs examples', {
          where: '--loss token',
          remedy: 'leave --loss out',
        }),
      )
    : pipe(
        checkWarmup(options),
        E.map((): Inputs => ({
          options,
          recipe,
          rows: (warn, complete) =>
            givenRows(
              { model, task, references, maxLength: recipe.maxLength, ...rowChoiceOf(values) },
              warn,
              complete,
            ),
        })),
      )
}
