/** The trainings and measurements of `dualselect continual`, each kept in a folder of its own. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Progress, stopping, valuesIn } from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { type ContinualRun, type Place, learnInTurn } from '../continual/learn'
import type { Outcomes } from '../measure/outcomes'
import { dualSelectOptions } from '../options'
import type { Evaluate } from './experiment/evaluation'
import { keptOutcomes } from './experiment/record'
import { type TrainingChoice, stepsFor, trainedInto } from './experiment/training'
import { recipeFrom } from './trainingTable'
import { type ContinualValues, type TaskRows } from './continualInputs'

// running ----------------------------------------------------------------------------------------

export interface Running {
  readonly values: ContinualValues
  readonly choice: TrainingChoice
  readonly evaluate: Evaluate
  readonly rows: TaskRows
  readonly safety: ReadonlyArray<Dataset['examples'][number]>
  readonly seeds: ReadonlyArray<number>
}

const placeFolder = (out: string, { strategy, seed, task }: Place): string =>
  join(out, strategy, `seed-${seed}`, `task-${task + 1}`)

const labelOf = ({ strategy, seed, task }: Place): string => `${strategy}, seed ${seed}, task ${task + 1}`

/** Every strategy under every seed, with one bar over all their steps. */
export const learning = (
  context: Context,
  { values, choice: shared, evaluate, rows, safety, seeds }: Running,
): TE.TaskEither<Fault, { readonly start: Outcomes; readonly runs: ReadonlyArray<ContinualRun> }> => {
  const recipe = recipeFrom(values)
  const steps = rows.train.map(({ examples }) => stepsFor(recipe, examples.length))
  const chosen = [...new Set(values.strategy)]
  const total = steps.reduce((s, n) => s + n, 0) * chosen.length * seeds.length
  const state: { progress?: Progress } = {}
  return pipe(
    keptOutcomes(join(values.out, 'start.json'), evaluate(values.initAdapter, 0)),
    TE.bindTo('start'),
    TE.bind('runs', () => {
      const progress = context.progress('continual', total)
      state.progress = progress
      return learnInTurn<string>(
        {
          train: (at, training, from) => {
            const init = from ?? values.initAdapter
            return trainedInto(context, shared, {
              data: training.data,
              references: training.references,
              options: training.options,
              recipe: { ...recipe, maxSteps: steps[at.task] },
              seed: at.seed,
              init,
              out: join(placeFolder(values.out, at), 'adapter'),
              label: labelOf(at),
              onSteps: (n, note) => progress.tick(n, note),
            })
          },
          measure: (at, adapter) =>
            keptOutcomes(join(placeFolder(values.out, at), 'outcomes.json'), evaluate(adapter, at.task + 1)),
        },
        {
          tasks: rows.train,
          safety,
          replayBuffer: values.replayBuffer,
          options: valuesIn(dualSelectOptions, values),
          strategies: chosen,
          seeds,
        },
      )
    }),
    stopping(() => state.progress),
  )
}
