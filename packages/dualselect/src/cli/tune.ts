/** `dualselect tune`: the strength of the correction and the token budget, chosen on validation rows at bounded utility. */
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
  command,
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
  rowChoiceOf,
  share,
  startEngine,
  stopping,
  withDefault,
} from '@safe/tensor-core/cli'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import { openModel } from '@safe/tensor-core/lm'
import { heldOut } from '../continual/buffer'
import { tunePage } from '../report/tunePage'
import { estimateText } from '../report/estimateText'
import { type Setting, gridOf, settingName } from '../tune/grid'
import { type SettingRuns, type TuneResults, tuneResults } from '../tune/results'
import { type Evaluate, evaluationTable, withEvaluator } from './experiment/evaluation'
import { experimentFolder, experimentOptions, keptOutcomes } from './experiment/record'
import { type TrainingChoice, stepsFor, trainedInto } from './experiment/training'
import { type Inputs, inputTable, inputsOf } from './inputs'
import { originOf, originTable } from './origin'
import type { GivenRows } from './rows'
import { completing } from './completing'
import { rowsHash } from './selectionRecord'

// options ----------------------------------------------------------------------------------------

const tuneTable = {
  ...inputTable,
  rho: withDefault([0.05, 0.1, 0.2, 0.5, 1], commaSeparated(positive('strengths of the correction to try'))),
  tokenBudget: withDefault([0.9], commaSeparated(share('token budgets to try; 1 keeps every row'))),
  epsilon: withDefault(0.02, atLeastZero('accuracy that may be lost against plain fine-tuning')),
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
type TuneValues = Values<typeof tuneTable>

// trying -----------------------------------------------------------------------------------------

interface Trying {
  readonly values: TuneValues
  readonly inputs: Inputs
  readonly given: GivenRows
  readonly task: Dataset
  readonly choice: TrainingChoice
  readonly evaluate: Evaluate
  readonly seeds: ReadonlyArray<number>
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

const searched = (context: Context, t: Omit<Trying, 'onSteps'>): TE.TaskEither<Fault, TuneResults> => {
  const grid = gridOf(t.values.rho, t.values.tokenBudget)
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
      }),
    ),
    stopping(() => state.progress),
  )
}

// output -----------------------------------------------------------------------------------------

const textOf = ({ plain, settings, chosen, reason }: TuneResults): string =>
  [
    `plain: accuracy ${estimateText(plain.accuracy)}, safety ${estimateText(plain.safety)}`,
    ...settings.map(
      (s) =>
        `rho ${s.rho}, budget ${s.tokenBudget}: accuracy ${estimateText(s.accuracy)}, safety ${estimateText(s.safety)}${
          s.keepsTask ? '' : ', does not keep the task'
        }`,
    ),
    reason,
    ...(chosen === null
      ? []
      : [`use --rho ${chosen.rho} --token-budget ${chosen.tokenBudget}; measure it on other rows`]),
  ].join('\n')

const writeResults = (values: TuneValues, results: TuneResults): TE.TaskEither<Fault, void> =>
  pipe(
    writeWhole(join(values.out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`),
    TE.chain(() =>
      writeWhole(
        join(values.out, 'report.html'),
        tunePage({
          title: values.out,
          task: values.task,
          safety: values.safety,
          judge: values.judge,
          results,
        }),
      ),
    ),
  )

// command ----------------------------------------------------------------------------------------

/** `dualselect tune`. */
export const tuneCommand = command({
  name: 'tune',
  description: 'chooses rho and the token budget on validation rows: the safest setting that keeps the task',
  options: tuneTable,
  run: (values, context) => {
    const { seed, dtype } = context.common
    const seeds = [...new Set(values.seeds ?? [seed])]
    const choice = { ...rowChoiceOf(values) }
    return pipe(
      TE.fromEither(inputsOf({ ...values, rho: values.rho[0] ?? 1, tokenBudget: values.tokenBudget[0] })),
      TE.bindTo('inputs'),
      TE.bindW('validation', () =>
        values.validation === undefined ? TE.right(undefined) : readDataset(values.validation),
      ),
      TE.bindW('safety', () => readDataset(values.safety)),
      TE.bindW('task', () => readDataset(values.task)),
      TE.bindW('references', () => readDataset(values.references)),
      TE.bindW('opened', () => openModel(values.model, choice)),
      TE.bindW('fingerprint', ({ opened }) => opened.folder.fingerprint),
      TE.chainFirstW(({ task, references, validation, safety, fingerprint }) =>
        experimentFolder(
          values.out,
          values,
          experimentOptions(
            { ...values, seed, dtype },
            {
              model: fingerprint,
              task: rowsHash(task),
              references: rowsHash(references),
              validation: validation === undefined ? undefined : rowsHash(validation),
              safety: rowsHash(safety),
            },
          ),
        ),
      ),
      TE.chainFirstW(() => startEngine(context)),
      TE.bindW('given', ({ inputs }) => inputs.rows(context.warn, completing(values, inputs, context))),
      TE.bindW('results', ({ inputs, given, validation, safety }) => {
        const parts = heldOut(given.task, values.holdout, { seed, place: 0 })
        const [task, test] = validation === undefined ? [parts.train, parts.test] : [given.task, validation]
        const { opened } = given
        return withEvaluator(
          context,
          {
            model: values.model,
            opened,
            tests: [test],
            safety,
            values,
            maxLength: values.maxLength,
            ...choice,
          },
          (evaluate) =>
            searched(context, {
              values,
              inputs,
              given,
              task,
              choice: {
                model: values.model,
                opened,
                checkpointEvery: values.checkpointEvery,
                origin: originOf(values),
                ...choice,
              },
              evaluate,
              seeds,
            }),
        )
      }),
      TE.chainFirstW(({ results }) => writeResults(values, results)),
      TE.map(({ results }) => ({
        json: { out: values.out, report: join(values.out, 'report.html'), ...results },
        text: `${textOf(results)}\nreport: ${join(values.out, 'report.html')}`,
      })),
    )
  },
})
