/** What `dualselect continual` takes: its options, and the rows of its tasks, to learn and held out. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  type Values,
  adapterFolder,
  choice,
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
  valuesIn,
  wholeFromZero,
  withDefault,
} from '@safe/tensor-core/cli'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { readDataset } from '@safe/tensor-core/formats'
import type { Origin } from '@safe/tensor-core/lm'
import { strategies } from '../continual/strategies'
import { checkWarmup } from '../dualSelect'
import { dualSelectOptions } from '../options'
import { evaluationTable } from './experiment/evaluation'
import { heldOutRows } from './experiment/heldOutRows'
import { originOf, originTable } from './origin'
import { trainingTable } from './trainingTable'

// options ----------------------------------------------------------------------------------------

export const continualTable = {
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
export type ContinualValues = Values<typeof continualTable>

// inputs -----------------------------------------------------------------------------------------

export const readAll = (paths: ReadonlyArray<string>): TE.TaskEither<Fault, ReadonlyArray<Dataset>> =>
  pipe(paths, TE.traverseSeqArray(readDataset))

export const checkValues = (values: ContinualValues): E.Either<Fault, void> => {
  const { tasks, tests, loss, strategy } = values
  if (tasks.length < 2) return E.left(badInput('BadOption', 'needs at least two tasks', { field: 'tasks' }))
  if (tests !== undefined && tests.length !== tasks.length)
    return E.left(
      badInput('BadOption', `names ${tests.length} files for ${tasks.length} tasks`, {
        field: 'tests',
        remedy: 'give one for each task, in the same order',
      }),
    )
  if (loss === 'token')
    return E.left(
      badInput('BadOption', 'is not defined for DualSelect, which weighs examples', {
        where: '--loss token',
        remedy: 'leave --loss out',
      }),
    )
  return strategy.includes('dualselect')
    ? checkWarmup(valuesIn(dualSelectOptions, values))
    : E.right(undefined)
}

/** Rows of each task to learn, and rows of each to be measured on. */
export interface TaskRows {
  readonly train: ReadonlyArray<Dataset>
  readonly test: ReadonlyArray<Dataset>
}

/** What is read of the tasks. */
export interface GivenTasks {
  readonly tasks: ReadonlyArray<Dataset>
  readonly tests: ReadonlyArray<Dataset> | undefined
}

/**
 * @param usable leaves out rows that can be neither learned nor measured
 * @returns left where the held-out share of a task leaves nothing to learn, or nothing to be measured on
 */
export const taskRows = (
  { holdout }: ContinualValues,
  { tasks, tests }: GivenTasks,
  usable: (rows: Dataset) => E.Either<Fault, Dataset>,
  seed: number,
): E.Either<Fault, TaskRows> =>
  pipe(
    tasks,
    E.traverseArray(usable),
    E.chain((learnable) =>
      tests !== undefined
        ? pipe(
            tests,
            E.traverseArray(usable),
            E.map((test) => ({ train: learnable, test })),
          )
        : pipe(
            learnable,
            E.traverseArrayWithIndex((place, task) =>
              heldOutRows(task, { holdout, seed, place, instead: 'tests' }),
            ),
            E.map((parts) => ({
              train: parts.map(({ train }) => train),
              test: parts.map(({ test }) => test),
            })),
          ),
    ),
  )

/** One origin for all tasks: the model as the first one starts. */
export const fixedOrigin = (values: ContinualValues): Origin | undefined =>
  values.referenceLoss !== 'kl'
    ? undefined
    : (originOf(values) ??
      (values.initAdapter === undefined
        ? { kind: 'base' }
        : { kind: 'adapter', adapter: values.initAdapter }))
