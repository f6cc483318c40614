/** `dualselect continual`: tasks in turn, with a replay buffer as the references, beside other ways to remember. */
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Context,
  type Progress,
  type Values,
  adapterFolder,
  choice,
  command,
  count,
  dataFile,
  folder,
  insteadOf,
  integer,
  many,
  modelFolder,
  number,
  optional,
  overwriteOption,
  required,
  resumeOption,
  rowChoiceOf,
  startEngine,
  stopping,
  valuesIn,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { readDataset } from '@safe/tensor-core/formats'
import { type OpenedModel, type Origin, encodedRows, openModel } from '@safe/tensor-core/lm'
import { encodingWarnings } from '@safe/tensor-core/text'
import { heldOut } from '../continual/buffer'
import { type ContinualRun, type Place, learnInTurn } from '../continual/learn'
import { type ContinualResults, continualResults } from '../continual/results'
import { strategies } from '../continual/strategies'
import type { Outcomes } from '../measure/outcomes'
import { dualSelectOptions } from '../options'
import { continualPage } from '../report/continualPage'
import { continualText } from '../report/continualText'
import { type Evaluate, evaluationTable, withEvaluator } from './experiment/evaluation'
import { experimentFolder, experimentOptions, keptOutcomes, rowsOf } from './experiment/record'
import { type TrainingChoice, stepsFor, trainedInto } from './experiment/training'
import { continuedReferences, originOf, originTable } from './origin'
import { recipeFrom, trainingTable } from './trainingTable'

// options ----------------------------------------------------------------------------------------

const continualTable = {
  model: required(modelFolder('model folder, or hub:ORG/NAME')),
  tasks: required(many(dataFile('rows of each task, in the order they are learned'))),
  out: required(folder('folder of adapters, outcomes and the report')),
  strategy: withDefault(
    ['dualselect'],
    many(choice('how earlier tasks are remembered; several are compared', strategies)),
  ),
  replayBuffer: withDefault(64, wholeFromZero('rows of earlier tasks kept in all, in equal shares')),
  references: optional(dataFile('safety rows, in the memory from the first task on')),
  holdout: withDefault(0.2, number('share of each task held out to be measured on', { min: 0.01, max: 0.9 })),
  tests: insteadOf('holdout', many(dataFile('held-out rows of each task'))),
  ...evaluationTable,
  seeds: optional(
    many(integer('seeds of training and of the buffer; default the one of --seed', { min: 0 })),
  ),
  initAdapter: optional(adapterFolder('adapter that the first task starts from')),
  ...originTable,
  ...trainingTable,
  checkpointEvery: withDefault(50, count('steps between checkpoints')),
  ...overwriteOption,
  ...resumeOption,
}
type ContinualValues = Values<typeof continualTable>

// inputs -----------------------------------------------------------------------------------------

const readAll = (paths: ReadonlyArray<string>): TE.TaskEither<Fault, ReadonlyArray<Dataset>> =>
  pipe(paths, TE.traverseSeqArray(readDataset))

const readMaybe = (path: string | undefined): TE.TaskEither<Fault, Dataset | undefined> =>
  path === undefined ? TE.right(undefined) : readDataset(path)

const checkValues = ({ tasks, tests, loss }: ContinualValues): E.Either<Fault, void> =>
  tasks.length < 2
    ? E.left(badInput('BadOption', 'needs at least two tasks', { field: 'tasks' }))
    : tests !== undefined && tests.length !== tasks.length
      ? E.left(
          badInput('BadOption', `names ${tests.length} files for ${tasks.length} tasks`, {
            field: 'tests',
            remedy: 'give one for each task, in the same order',
          }),
        )
      : loss === 'token'
        ? E.left(
            badInput('BadOption', 'is not defined for DualSelect, which weighs examples', {
              where: '--loss token',
              remedy: 'leave --loss out',
            }),
          )
        : E.right(undefined)

/** Rows that can be learned from or kept in a memory; the others are counted in a warning. */
const usable = (
  { maxLength }: ContinualValues,
  opened: OpenedModel,
  warn: (line: string) => void,
): ((rows: Dataset) => E.Either<Fault, Dataset>) => {
  return (rows) =>
    pipe(
      encodedRows(opened, rows, maxLength),
      E.map((encoded) => {
        encodingWarnings(encoded, maxLength).forEach((line) => warn(`${rows.name}: ${line}`))
        return { ...rows, examples: encoded.rows.map(({ example }) => example) }
      }),
    )
}

interface TaskRows {
  readonly train: ReadonlyArray<Dataset>
  readonly test: ReadonlyArray<Dataset>
}

const taskRows = (
  { holdout }: ContinualValues,
  tasks: ReadonlyArray<Dataset>,
  tests: ReadonlyArray<Dataset> | undefined,
  seed: number,
): TaskRows => {
  if (tests !== undefined) return { train: tasks, test: tests }
  const parts = tasks.map((task, place) => heldOut(task, holdout, { seed, place }))
  return { train: parts.map(({ train }) => train), test: parts.map(({ test }) => test) }
}

/** One origin for all tasks: the model as the first one starts. */
const fixedOrigin = (values: ContinualValues): Origin | undefined =>
  values.referenceLoss !== 'kl'
    ? undefined
    : (originOf(values) ??
      (values.initAdapter === undefined
        ? { kind: 'base' }
        : { kind: 'adapter', adapter: values.initAdapter }))

// running ----------------------------------------------------------------------------------------

interface Running {
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
const learning = (
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

const writeResults = (
  values: ContinualValues,
  tasks: ReadonlyArray<string>,
  results: ContinualResults,
): TE.TaskEither<Fault, void> =>
  pipe(
    writeWhole(join(values.out, 'results.json'), `${JSON.stringify({ tasks, ...results }, null, 2)}\n`),
    TE.chain(() =>
      writeWhole(
        join(values.out, 'report.html'),
        continualPage({
          title: values.out,
          tasks,
          results,
          replayBuffer: values.replayBuffer,
          accuracy: values.accuracy,
          ...(values.safety === undefined ? {} : { safety: { name: values.safety, judge: values.judge } }),
        }),
      ),
    ),
  )

// command ----------------------------------------------------------------------------------------

/** `dualselect continual`. */
export const continualCommand = command({
  name: 'continual',
  description: 'learns tasks in turn with a replay buffer as the references, and compares ways to remember',
  options: continualTable,
  run: (values, context) => {
    const { seed, dtype } = context.common
    const seeds = [...new Set(values.seeds ?? [seed])]
    return pipe(
      TE.fromEither(checkValues(values)),
      TE.bindW('tasks', () => readAll(values.tasks)),
      TE.bindW('tests', () => (values.tests === undefined ? TE.right(undefined) : readAll(values.tests))),
      TE.bindW('references', () => readMaybe(values.references)),
      TE.bindW('safety', () => readMaybe(values.safety)),
      TE.bindW('opened', () => openModel(values.model, rowChoiceOf(values))),
      TE.bindW('fingerprint', ({ opened }) => opened.folder.fingerprint),
      TE.chainFirstW(({ tasks, tests, references, safety, fingerprint }) =>
        experimentFolder(
          values.out,
          values,
          experimentOptions(
            { ...values, seed, dtype },
            {
              model: fingerprint,
              tasks: rowsOf(tasks),
              tests: tests === undefined ? undefined : rowsOf(tests),
              references: references === undefined ? undefined : rowsOf([references]),
              safety: safety === undefined ? undefined : rowsOf([safety]),
            },
          ),
        ),
      ),
      TE.chainFirstW(() => startEngine(context)),
      TE.bindW('learnable', ({ tasks, opened }) =>
        TE.fromEither(pipe(tasks, E.traverseArray(usable(values, opened, context.warn)))),
      ),
      TE.bindW('completed', ({ references, fingerprint }) =>
        references === undefined || values.referenceLoss !== 'kl'
          ? TE.right(references)
          : continuedReferences(context, {
              model: values.model,
              init: values.initAdapter,
              origin: fixedOrigin(values),
              maxNewTokens: values.referenceTokens,
              batchSize: values.batchSize,
              keep: join(values.out, 'continuations.jsonl'),
              fingerprint,
              ...rowChoiceOf(values),
            })(references),
      ),
      TE.bindW('memory', ({ completed, opened }) =>
        completed === undefined
          ? TE.right(undefined)
          : TE.fromEither(usable(values, opened, context.warn)(completed)),
      ),
      TE.bindW('learned', ({ learnable, tests, memory, safety, opened }) => {
        const rows = taskRows(values, learnable, tests, seed)
        return withEvaluator(
          context,
          {
            model: values.model,
            opened,
            tests: rows.test,
            safety,
            values,
            maxLength: values.maxLength,
            ...rowChoiceOf(values),
          },
          (evaluate) =>
            learning(context, {
              values,
              choice: {
                model: values.model,
                opened,
                checkpointEvery: values.checkpointEvery,
                origin: fixedOrigin(values),
                ...rowChoiceOf(values),
              },
              evaluate,
              rows,
              safety: memory?.examples ?? [],
              seeds,
            }),
        )
      }),
      TE.let('results', ({ learned: { runs, start } }) => continualResults(runs, start, seed)),
      TE.chainFirstW(({ results }) => writeResults(values, values.tasks, results)),
      TE.map(({ results }) => ({
        json: { out: values.out, report: join(values.out, 'report.html'), tasks: values.tasks, ...results },
        text: `${continualText(values.tasks, results)}\nreport: ${join(values.out, 'report.html')}`,
      })),
    )
  },
})
