/** A suite whose models and files are on this machine: what it takes from a hub is fetched, one after the other. */
import * as RR from 'fp-ts/ReadonlyRecord'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { HubError } from '@safe/tensor-core/contracts'
import { type HubUse, resolveAdapter, resolveData, resolveModel } from '@safe/tensor-core/hub'
import type { ArenaChoice } from '../config/arenaConfig'
import type { EvaluationFiles, SetFiles, TaskSet } from '../config/evaluationFiles'
import type { FileSuite, TrainingFiles } from '../config/fileSuiteConfig'
import type { SuiteModels } from '../config/suiteModels'
import { type JudgeChoice, isOwnJudge, judgeModel } from '../config/judgeChoice'
import { type Validation, isShare } from '../config/validation'

type Resolve = (reference: string) => TE.TaskEither<HubError, string>

const ifAny =
  (resolve: Resolve) =>
  (reference: string | undefined): TE.TaskEither<HubError, string | undefined> =>
    reference === undefined ? TE.right(undefined) : resolve(reference)

const trainingFiles =
  (data: Resolve) =>
  (files: TrainingFiles): TE.TaskEither<HubError, TrainingFiles> =>
    'regimes' in files
      ? pipe(
          files.regimes,
          RR.traverse(TE.ApplicativeSeq)(data),
          TE.map((regimes) => ({ regimes })),
        )
      : pipe(
          TE.Do,
          TE.bind('clean', () => data(files.clean)),
          TE.bind('harmful', () => data(files.harmful)),
          TE.map(({ clean, harmful }) => ({ ...files, clean, harmful })),
        )

const record =
  <A, B>(each: (a: A) => TE.TaskEither<HubError, B>) =>
  (
    values: Readonly<Record<string, A>> | undefined,
  ): TE.TaskEither<HubError, Readonly<Record<string, B>> | undefined> =>
    values === undefined ? TE.right(undefined) : pipe(values, RR.traverse(TE.ApplicativeSeq)(each))

const suiteModels =
  (model: Resolve) =>
  ({ models, templates }: SuiteModels): TE.TaskEither<HubError, SuiteModels> =>
    pipe(
      TE.Do,
      TE.bind('base', () => ifAny(model)(models.base)),
      TE.bind('aligned', () => model(models.aligned)),
      TE.bind('anchor', () => ifAny(model)(models.anchor)),
      TE.map((found) => ({ models: found, templates })),
    )

const setFiles =
  (data: Resolve) =>
  (files: SetFiles): TE.TaskEither<HubError, SetFiles> =>
    typeof files === 'string' ? data(files) : pipe(files, RR.traverse(TE.ApplicativeSeq)(data))

const optionalSets =
  (data: Resolve) =>
  (files: SetFiles | undefined): TE.TaskEither<HubError, SetFiles | undefined> =>
    files === undefined ? TE.right(undefined) : setFiles(data)(files)

/** What the test and the validation have in common; neither has to have it. */
const requests =
  (data: Resolve) =>
  ({ lookalike, benign, task }: Pick<EvaluationFiles, 'lookalike' | 'benign' | 'task'>) =>
    pipe(
      TE.Do,
      TE.bind('lookalike', () => optionalSets(data)(lookalike)),
      TE.bind('benign', () => optionalSets(data)(benign)),
      TE.bind('task', () => ifAny(data)(task)),
    )

const evaluationFiles =
  (data: Resolve) =>
  (files: EvaluationFiles): TE.TaskEither<HubError, EvaluationFiles> =>
    pipe(
      requests(data)(files),
      TE.bind('harmful', () => setFiles(data)(files.harmful)),
      TE.bind('perplexity', () => ifAny(data)(files.perplexity)),
      TE.bind('tasks', () =>
        record((set: TaskSet) =>
          pipe(
            data(set.file),
            TE.map((file) => ({ ...set, file })),
          ),
        )(files.tasks),
      ),
    )

const validationFiles =
  (data: Resolve) =>
  (validation: Validation | undefined): TE.TaskEither<HubError, Validation | undefined> =>
    validation === undefined || isShare(validation)
      ? TE.right(validation)
      : pipe(
          requests(data)(validation),
          TE.bind('harmful', () => optionalSets(data)(validation.harmful)),
          TE.bind('tasks', () => record(data)(validation.tasks)),
        )

const adapters =
  (resolve: Resolve) =>
  (given: FileSuite['adapter']): TE.TaskEither<HubError, FileSuite['adapter']> =>
    typeof given === 'string' ? resolve(given) : record(resolve)(given)

/** A judge that asks a model of this machine; an address of a server stays as it is. */
export const localJudge =
  (use: HubUse = {}) =>
  (choice: JudgeChoice): TE.TaskEither<HubError, JudgeChoice> => {
    const model = judgeModel(choice)
    return model === undefined || isOwnJudge(choice)
      ? TE.right(choice)
      : pipe(
          resolveModel(model, use),
          TE.map((path) => ({ ...choice, model: path })),
        )
  }

/**
 * The suite with paths in place of references to a hub; paths stay as they are.
 *
 * @returns left: a reference that cannot be fetched
 */
export const localSuite =
  (use: HubUse = {}) =>
  (suite: FileSuite): TE.TaskEither<HubError, FileSuite> => {
    const model: Resolve = (reference) => resolveModel(reference, use)
    const data: Resolve = (reference) => resolveData(reference, use)
    return pipe(
      TE.Do,
      TE.bind('first', () => suiteModels(model)(suite)),
      TE.bind('alignedModels', () => record(suiteModels(model))(suite.alignedModels)),
      TE.bind('training', () =>
        suite.training === undefined ? TE.right(undefined) : trainingFiles(data)(suite.training),
      ),
      TE.bind('adapter', () => adapters((reference) => resolveAdapter(reference, use))(suite.adapter)),
      TE.bind('safe', () => ifAny(data)(suite.safe)),
      TE.bind('references', () => ifAny(data)(suite.references)),
      TE.bind('harmful', () => ifAny(data)(suite.harmful)),
      TE.bind('evaluation', () => evaluationFiles(data)(suite.evaluation)),
      TE.bind('validation', () => validationFiles(data)(suite.validation)),
      TE.bind('judges', () => TE.traverseSeqArray(localJudge(use))(suite.judges)),
      TE.bind('beamJudge', () => localJudge(use)(suite.beamJudge)),
      TE.map(({ first, alignedModels, ...parts }) => ({
        ...suite,
        ...parts,
        ...first,
        ...(alignedModels === undefined ? {} : { alignedModels }),
      })),
    )
  }

/** The arena with another model or an adapter from a hub. */
export const localArena =
  (use: HubUse = {}) =>
  (choice: Partial<ArenaChoice>): TE.TaskEither<HubError, Partial<ArenaChoice>> =>
    pipe(
      TE.Do,
      TE.bind('aligned', () => ifAny((model) => resolveModel(model, use))(choice.aligned)),
      TE.bind('adapter', () => ifAny((adapter) => resolveAdapter(adapter, use))(choice.adapter)),
      TE.map((found) => ({ ...choice, ...found })),
    )
