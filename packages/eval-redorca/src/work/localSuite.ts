/** A suite whose models and files are on this machine: what it takes from a hub is fetched, one after the other. */
import * as RR from 'fp-ts/ReadonlyRecord'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { HubError } from '@safe/tensor-core/contracts'
import { type HubUse, resolveData, resolveModel } from '@safe/tensor-core/hub'
import {
  type EvaluationFiles,
  type Validation,
  type ValidationFiles,
  isShare,
} from '../config/evaluationFiles'
import type { FileSuite, TrainingFiles } from '../config/fileSuiteConfig'
import { type JudgeChoice, isOwnJudge, judgeModel } from '../config/judgeChoice'

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

const ownPrompts =
  (data: Resolve) =>
  ({ harmful, lookalike, benign, task }: ValidationFiles): TE.TaskEither<HubError, ValidationFiles> =>
    pipe(
      TE.Do,
      TE.bind('harmful', () => ifAny(data)(harmful)),
      TE.bind('lookalike', () => ifAny(data)(lookalike)),
      TE.bind('benign', () => ifAny(data)(benign)),
      TE.bind('task', () => ifAny(data)(task)),
    )

const evaluationFiles =
  (data: Resolve) =>
  (files: EvaluationFiles): TE.TaskEither<HubError, EvaluationFiles> =>
    pipe(
      TE.Do,
      TE.bind('harmful', () => data(files.harmful)),
      TE.bind('others', () => ownPrompts(data)({ ...files, harmful: undefined })),
      TE.map(({ harmful, others }) => ({ ...others, harmful })),
    )

const validationFiles =
  (data: Resolve) =>
  (validation: Validation | undefined): TE.TaskEither<HubError, Validation | undefined> =>
    validation === undefined || isShare(validation) ? TE.right(validation) : ownPrompts(data)(validation)

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
      TE.bind('base', () => ifAny(model)(suite.models.base)),
      TE.bind('aligned', () => model(suite.models.aligned)),
      TE.bind('anchor', () => ifAny(model)(suite.models.anchor)),
      TE.bind('training', () => trainingFiles(data)(suite.training)),
      TE.bind('safe', () => ifAny(data)(suite.safe)),
      TE.bind('references', () => ifAny(data)(suite.references)),
      TE.bind('evaluation', () => evaluationFiles(data)(suite.evaluation)),
      TE.bind('validation', () => validationFiles(data)(suite.validation)),
      TE.bind('judges', () => TE.traverseSeqArray(localJudge(use))(suite.judges)),
      TE.bind('beamJudge', () => localJudge(use)(suite.beamJudge)),
      TE.map(({ base, aligned, anchor, ...parts }) => ({
        ...suite,
        ...parts,
        models: { base, aligned, anchor },
      })),
    )
  }
