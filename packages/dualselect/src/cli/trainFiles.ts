/** The files that `train` writes beside its adapter: logs as it goes, and a report at its end. */
import { resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type OutputChoice, refuseExisting, writeWhole } from '@safe/tensor-core/files'
import type { DualSelectOptions } from '../options'
import { readTrainingStory } from '../report/story'
import { trainingPage } from '../report/trainingPage'
import type { GivenRows } from './rows'

// model ------------------------------------------------------------------------------------------

/** The paths among the values of `train`. */
export interface TrainPaths extends OutputChoice {
  readonly out: string
  readonly task: string
  readonly references: string
  readonly replay: string | undefined
  readonly selectionLog: string | undefined
  readonly log: string | undefined
  readonly report: string | undefined
}

/** Where the logs of a run are written; undefined where none is. */
export interface Logs {
  readonly selections: string | undefined
  readonly steps: string | undefined
}

// constructors -----------------------------------------------------------------------------------

/** A report is made from both logs: they are kept beside it where no other place is given. */
export const logsOf = ({ selectionLog, log, report }: TrainPaths): Logs => {
  const base = report?.replace(/\.html?$/i, '')
  return {
    selections: selectionLog ?? (base === undefined ? undefined : `${base}.selections.jsonl`),
    steps: log ?? (base === undefined ? undefined : `${base}.steps.jsonl`),
  }
}

// checks -----------------------------------------------------------------------------------------

/** Logs are written as training goes: they must not fall on each other or on the data; an existing report is not replaced. */
export const checkFiles = (values: TrainPaths, { selections, steps }: Logs): E.Either<Fault, void> => {
  const taken = new Set(
    [values.task, values.references, values.replay].flatMap((path) =>
      path === undefined ? [] : [resolve(path)],
    ),
  )
  for (const path of [steps, selections, values.report]) {
    if (path === undefined) continue
    if (taken.has(resolve(path)))
      return E.left(badInput('BadOption', 'is used twice in this command', { where: path }))
    taken.add(resolve(path))
  }
  return values.report === undefined
    ? E.right(undefined)
    : pipe(
        refuseExisting(values.report, values),
        E.map(() => undefined),
      )
}

// report -----------------------------------------------------------------------------------------

/** The page of what was selected over time, where one is asked for. */
export const writeReport = (
  values: TrainPaths,
  logs: Logs,
  { options, given }: { readonly options: DualSelectOptions; readonly given: GivenRows },
): TE.TaskEither<Fault, void> => {
  const { report } = values
  if (report === undefined || logs.selections === undefined || logs.steps === undefined)
    return TE.right(undefined)
  return pipe(
    readTrainingStory(logs.selections, logs.steps),
    TE.chainW((story) =>
      writeWhole(
        report,
        trainingPage({
          title: values.out,
          task: given.task.name,
          options,
          story,
          references: {
            name: given.references.name,
            rows: given.references.examples.map((row, i) => ({
              number: given.references.numbers[i] ?? i,
              row,
            })),
          },
        }),
      ),
    ),
  )
}
