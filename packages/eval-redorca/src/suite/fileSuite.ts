/**
 * A suite from the user's models and files. One judge measures, another chooses among beams. Phrase-list judges match wording
 * only; a report on real models must say so.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { FileSuite } from '../config/fileSuiteConfig'
import { checkedDisjoint } from './disjoint'
import { matchingOf } from './matching/rules'
import { type OpenJudge, suiteJudges } from './openedJudges'
import { readEvaluation } from './readEvaluation'
import { type ReadData, rowsIfAny } from './readRows'
import type { Suite } from './suite'
import { readTexts } from './textScores'
import { trainingData } from './trainingFiles'

/**
 * Every file is read, the data is checked to be disjoint and every judge is opened before anything runs; the judges are opened last, so
 * that nothing is left open.
 */
export const fileSuite =
  (read: ReadData, open: OpenJudge) =>
  (
    suite: FileSuite,
    regimes: ReadonlyArray<string>,
    seeds: ReadonlyArray<number> = [0],
  ): TE.TaskEither<Fault, Suite> =>
    pipe(
      TE.Do,
      TE.bind('training', () => trainingData(read, suite.training, regimes)),
      TE.bind('safe', () => rowsIfAny(read)(suite.safe)),
      TE.bind('references', () => rowsIfAny(read)(suite.references)),
      TE.bind('evaluation', () => readEvaluation(read, suite)),
      TE.bind('perplexity', () => rowsIfAny(readTexts)(suite.evaluation.perplexity)),
      TE.bind('warnings', (rows) => TE.fromEither(checkedDisjoint(suite.overlap, regimes, seeds)(rows))),
      TE.bind('opened', () => suiteJudges(open)(suite)),
      TE.map(({ opened, training, safe, references, evaluation, perplexity, warnings }) => ({
        name: suite.name,
        models: suite.models,
        templates: suite.templates,
        trainingData: training.drawn,
        safe: safe?.data,
        references: references?.data,
        evaluation: evaluation.map(({ item }) => item),
        ...matchingOf(suite, evaluation),
        ...(perplexity === undefined ? {} : { perplexity: perplexity.data }),
        warnings,
        ...opened,
        maxNewTokens: suite.maxNewTokens,
      })),
    )
