/** The search of `dualselect tune`: its options, and every setting trained and measured in a folder of its own. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Progress,
  type Values,
  adapterFolder,
  atLeastZero,
  commaSeparated,
  count,
  dataFile,
  folder,
  insteadOf,
  integer,
  many,
  number,
  optional,
  overwriteOption,
  positive,
  required,
  resumeOption,
  share,
  stopping,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { defaultEpsilon } from '@safe/tensor-core/stats'
import type { UnitOfRow } from '../stats/estimate'
import { type Setting, gridOf, settingName } from '../tune/grid'
import { type SettingRuns, type TuneResults, tuneResults } from '../tune/results'
import { type Evaluate, evaluationTable } from './experiment/evaluation'
import { keptOutcomes } from './experiment/record'
import { type TrainingChoice, stepsFor, trainedInto } from './experiment/training'
import { type Inputs, inputTable } from './inputs'
import { originTable } from './origin'
import type { GivenRows } from './rows'

// options ----------------------------------------------------------------------------------------

export const tuneTable = {
  ...inputTable,
  rho: optional(
    commaSeparated(
      positive(
        'strengths of the correction to try; default those that a benchmark tries, with their budgets',
      ),
    ),
  ),
  tokenBudget: optional(
    commaSeparated(
      share('token budgets to try with each strength; 1 keeps every row; 0.9 where only `rho` is given'),
    ),
  ),
  epsilon: withDefault(defaultEpsilon, atLeastZero('accuracy that may be lost against plain fine-tuning')),
  holdout: withDefault(0.2, number('share of the task held out to choose on', { min: 0.01, max: 0.9 })),
  validation: insteadOf('holdout', dataFile('rows of the task to choose on')),
  ...evaluationTable,
  safety: required(dataFile('prompts whose answers should be safe: measured, never trained on')),
  seeds: optional(many(integer('seeds of training; default the one of --seed', { min: 0 }))),
  out: required(folder('folder of adapters, outcomes and the report')),
  initAdapter: optional(adapterFolder('adapter that training starts from')),
  ...originTable,
  checkpointEvery: withDefault(50, count('steps between checkpoints')),
  ...overwriteOption,
  ...resumeOption,
}
export type TuneValues = Values<typeof tuneTable>

// trying -----------------------------------------------------------------------------------------

interface Trying {
  readonly values: TuneValues
  readonly inputs: Inputs
  readonly given: GivenRows
  readonly task: Dataset
  readonly choice: TrainingChoice
  readonly evaluate: Evaluate
  readonly seeds: ReadonlyArray<number>
  /** What validation rows and safety prompts are drawn with. */
  readonly units: Readonly<Record<'accuracy' | 'safety', UnitOfRow>>
  readonly onSteps: (steps: number, note: string) => void
}

/** One setting, or plain fine-tuning, under every seed. */
const tried = (context: Context, t: Trying, setting: Setting | null): TE.TaskEither<Fault, SettingRuns> => {
  const name = setting === null ? 'plain' : settingName(setting)
  const { options, recipe } = t.inputs
  return pipe(
    t.seeds,
    TE.traverseSeqArray((seed) => {
      const out = join(t.values.out, name, `seed-${seed}`)
      return pipe(
        trainedInto(context, t.choice, {
          data: t.task,
          references: t.given.references,
          options: setting === null ? undefined : { ...options, ...setting },
          recipe: { ...recipe, maxSteps: stepsFor(recipe, t.task.examples.length) },
          seed,
          init: t.values.initAdapter,
          out: join(out, 'adapter'),
          label: `${name}, seed ${seed}`,
          onSteps: t.onSteps,
        }),
        TE.chain((adapter) => keptOutcomes(join(out, 'outcomes.json'), t.evaluate(adapter, 1))),
      )
    }),
    TE.map((outcomes) => ({ setting, outcomes })),
  )
}

export const searched = (context: Context, t: Omit<Trying, 'onSteps'>): TE.TaskEither<Fault, TuneResults> => {
  const grid = gridOf(t.values)
  const steps = stepsFor(t.inputs.recipe, t.task.examples.length)
  const state: { progress?: Progress } = {}
  const start = (): Progress => {
    const progress = context.progress('tune', steps * (grid.length + 1) * t.seeds.length)
    state.progress = progress
    return progress
  }
  return pipe(
    TE.fromIO(start),
    TE.map((progress): Trying => ({ ...t, onSteps: (n, note) => progress.tick(n, note) })),
    TE.bindTo('trying'),
    TE.bindW('plain', ({ trying }) => tried(context, trying, null)),
    TE.bindW('settings', ({ trying }) =>
      pipe(
        grid,
        TE.traverseSeqArray((setting) =>
          pipe(
            tried(context, trying, setting),
            TE.map(({ outcomes }) => ({ setting, outcomes })),
          ),
        ),
      ),
    ),
    TE.map(({ plain, settings }) =>
      tuneResults(plain, settings, {
        epsilon: t.values.epsilon,
        seeds: t.seeds,
        seed: context.common.seed,
        units: t.units,
      }),
    ),
    stopping(() => state.progress),
  )
}
