/**
 * A suite from the user's models and files. One judge measures, another chooses among beams. Phrase-list judges match wording
 * only; a report on real models must say so.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import type { FileSuite } from '../config/fileSuiteConfig'
import { checkedDisjoint } from './disjoint'
import { matchingOf } from './matching/rules'
import { type OpenJudge, suiteJudges } from './openedJudges'
import { readEvaluation } from './readEvaluation'
import { type ReadData, rowsIfAny } from './readRows'
import type { Suite } from './suite'
import { readTexts } from './textScores'
import { trainingData } from './trainingFiles'

const adaptersOf = (
  adapter: string | Readonly<Record<string, string>>,
  regimes: ReadonlyArray<string>,
): Readonly<Record<string, string>> =>
  typeof adapter === 'string' ? Object.fromEntries(regimes.map((regime) => [regime, adapter])) : adapter

/** Without training rows, every regime has an adapter. */
const tunedSomehow = (
  { training, adapter }: FileSuite,
  regimes: ReadonlyArray<string>,
): E.Either<Fault, void> => {
  const missing =
    training !== undefined || typeof adapter === 'string'
      ? undefined
      : regimes.find((regime) => adapter?.[regime] === undefined)
  return missing === undefined
    ? E.right(undefined)
    : E.left(
        badInput('BadConfig', `has no adapter for the regime ${missing}`, {
          where: 'suite.adapter',
          remedy: 'name its folder, or files under suite.training',
        }),
      )
}

/**
 * Every file is read, the data is checked to be disjoint and every judge is opened before anything runs; the judges are opened last, so
 * that nothing is left open.
 *
 * @param checked whether the data was checked before
 */
export const fileSuite =
  (read: ReadData, open: OpenJudge, checked = false) =>
  (
    suite: FileSuite,
    regimes: ReadonlyArray<string>,
    seeds: ReadonlyArray<number> = [0],
  ): TE.TaskEither<Fault, Suite> =>
    pipe(
      TE.Do,
      TE.bind('training', () => trainingData(read, suite.training, regimes)),
      TE.chainFirstEitherKW(() => tunedSomehow(suite, regimes)),
      TE.bind('safe', () => rowsIfAny(read)(suite.safe)),
      TE.bind('references', () => rowsIfAny(read)(suite.references)),
      TE.bind('harmful', () => rowsIfAny(read)(suite.harmful)),
      TE.bind('evaluation', () => readEvaluation(read, suite)),
      TE.bind('perplexity', () => rowsIfAny(readTexts)(suite.evaluation.perplexity)),
      TE.bind('warnings', (rows) =>
        TE.fromEither(checked ? E.right([]) : checkedDisjoint(suite.overlap, regimes, seeds)(rows)),
      ),
      TE.bind('opened', () => suiteJudges(open)(suite)),
      TE.map(({ opened, training, safe, references, harmful, evaluation, perplexity, warnings }) => ({
        name: suite.name,
        models: suite.models,
        templates: suite.templates,
        ...(suite.alignedModels === undefined ? {} : { alignedModels: suite.alignedModels }),
        trainingData: training.drawn,
        isHarmful: training.isHarmful,
        ...(suite.adapter === undefined ? {} : { adapters: adaptersOf(suite.adapter, regimes) }),
        safe: safe?.data,
        references: references?.data,
        harmful: harmful?.data,
        evaluation: evaluation.map(({ item }) => item),
        ...matchingOf(suite, evaluation),
        ...(perplexity === undefined ? {} : { perplexity: perplexity.data }),
        warnings,
        ...opened,
        maxNewTokens: suite.maxNewTokens,
      })),
    )
