/** One training of an experiment: plain, or under DualSelect with the references it is given. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, flagged } from '@safe/tensor-core/cli'
import { type Dataset, type Fault, type TrainingDefence, noDefence } from '@safe/tensor-core/contracts'
import {
  type OpenedModel,
  type Origin,
  type RowChoice,
  type TrainingRecipe,
  encodedRows,
  trainAdapter,
} from '@safe/tensor-core/lm'
import { dualSelect } from '../../dualSelect'
import type { DualSelectOptions } from '../../options'
import { rowsHash } from '../selectionRecord'
import { trainingTable } from '../trainingTable'
import { reportingWarnings } from '../warnings'

// model ------------------------------------------------------------------------------------------

/** What all trainings of an experiment share. */
export interface TrainingChoice extends RowChoice {
  readonly model: string
  readonly opened: OpenedModel
  readonly checkpointEvery: number
  readonly origin: Origin | undefined
}

/** One training. */
export interface TrainingJob {
  readonly data: Dataset
  readonly references: Dataset
  /** Undefined: plain training. */
  readonly options: DualSelectOptions | undefined
  readonly recipe: TrainingRecipe
  readonly seed: number
  readonly init: string | undefined
  readonly out: string
  /** Where it stands in the experiment, for messages. */
  readonly label: string
  readonly onSteps: (steps: number, note: string) => void
}

// parts ------------------------------------------------------------------------------------------

const countTokensOf = (
  { opened }: TrainingChoice,
  { data, recipe }: TrainingJob,
): TE.TaskEither<Fault, (e: Dataset['examples'][number]) => number> =>
  pipe(
    TE.fromEither(encodedRows(opened, data, recipe.maxLength)),
    TE.map(({ rows }) => {
      const counts = new Map(rows.map(({ example, responseTokens }) => [example, responseTokens.length]))
      return (e) => counts.get(e) ?? 0
    }),
  )

const defenceOf = (
  context: Context,
  choice: TrainingChoice,
  job: TrainingJob,
): TE.TaskEither<Fault, TrainingDefence> => {
  const { options, references, seed, label } = job
  return options === undefined
    ? TE.right(noDefence.training)
    : pipe(
        countTokensOf(choice, job),
        TE.map((countTokens) => {
          const made = dualSelect(options, { references, seed, countTokens, signal: context.signal })
          const reads = { references: rowsHash(references) }
          return reportingWarnings(
            { ...made, steps: made.steps.map((step) => ({ ...step, reads })) },
            (line) => context.warn(flagged(`${label}: ${line}`, trainingTable)),
          )
        }),
      )
}

// constructors -----------------------------------------------------------------------------------

/** Optimizer steps of a training on so many rows, where the recipe counts epochs. */
export const stepsFor = ({ maxSteps, epochs, batchSize, accumulate }: TrainingRecipe, rows: number): number =>
  maxSteps ?? epochs * Math.ceil(Math.ceil(rows / batchSize) / accumulate)

/** Trains into `out`, or continues there, or finds it finished; the folder of the adapter. */
export const trainedInto = (
  context: Context,
  choice: TrainingChoice,
  job: TrainingJob,
): TE.TaskEither<Fault, string> => {
  const told = { steps: 0 }
  const { template, noEos } = choice
  return pipe(
    defenceOf(context, choice, job),
    TE.chain((defence) =>
      trainAdapter({
        model: choice.model,
        data: job.data,
        recipe: job.recipe,
        seed: job.seed,
        dtype: context.common.dtype,
        defence,
        out: job.out,
        resume: true,
        checkpointEvery: choice.checkpointEvery,
        signal: context.signal,
        ...(template === undefined ? {} : { template }),
        ...(noEos === undefined ? {} : { noEos }),
        ...(job.init === undefined ? {} : { init: job.init }),
        ...(choice.origin === undefined || job.options?.referenceLoss !== 'kl'
          ? {}
          : { origin: choice.origin }),
        onWarning: (line) => context.warn(flagged(`${job.label}: ${line}`, trainingTable)),
        onStart: (_, done) => {
          told.steps = done
          job.onSteps(done, job.label)
        },
        onStep: (row) => {
          told.steps += 1
          job.onSteps(1, `${job.label}, loss ${row.loss.toFixed(3)}`)
        },
      }),
    ),
    TE.map(() => {
      // A folder that was finished already takes no step.
      job.onSteps((job.recipe.maxSteps ?? told.steps) - told.steps, job.label)
      return job.out
    }),
    TE.mapLeft((e): Fault =>
      e.kind === 'interrupted' ? { ...e, remedy: 'the same command with --resume continues' } : e,
    ),
  )
}
