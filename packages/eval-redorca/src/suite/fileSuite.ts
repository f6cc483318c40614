/**
 * A suite from the user's models and files. One judge measures, another chooses among beams. Phrase-list judges match wording
 * only; a report on real models must say so.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Dataset, Fault } from '@safe/tensor-core/contracts'
import type { FileSuite } from '../config/fileSuiteConfig'
import { matchingOf } from './matching/rules'
import { type OpenJudge, suiteJudges } from './openedJudges'
import { type ReadData, readEvaluation } from './readEvaluation'
import type { Suite } from './suite'
import { readTexts } from './textScores'
import { trainingData } from './trainingFiles'

const readOptional = (read: ReadData, path: string | undefined): TE.TaskEither<Fault, Dataset | undefined> =>
  path === undefined ? TE.right(undefined) : read(path)

/** Every file is read and every judge is opened before anything runs; the judges are opened last, so that nothing is left open. */
export const fileSuite =
  (read: ReadData, open: OpenJudge) =>
  (suite: FileSuite, regimes: ReadonlyArray<string>): TE.TaskEither<Fault, Suite> =>
    pipe(
      TE.Do,
      TE.bind('training', () => trainingData(read, suite.training, regimes)),
      TE.bind('safe', () => readOptional(read, suite.safe)),
      TE.bind('references', () => readOptional(read, suite.references)),
      TE.bind('evaluation', () => readEvaluation(read, suite)),
      TE.bind('perplexity', () => readOptional(readTexts, suite.evaluation.perplexity)),
      TE.bind('opened', () => suiteJudges(open)(suite)),
      TE.map(({ opened, training, safe, references, evaluation, perplexity }) => ({
        name: suite.name,
        models: suite.models,
        templates: suite.templates,
        trainingData: training,
        safe,
        references,
        evaluation: evaluation.map(({ item }) => item),
        ...matchingOf(suite, evaluation),
        ...(perplexity === undefined ? {} : { perplexity }),
        ...opened,
        maxNewTokens: suite.maxNewTokens,
      })),
    )
