/**
 * A suite from the user's models and files. One judge measures, another chooses among beams. Phrase-list judges match wording
 * only; a report on real models must say so.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { isShare } from '../config/evaluationFiles'
import type { FileSuite, TrainingFiles } from '../config/fileSuiteConfig'
import { distinctItems, itemsOf, promptFiles } from './evaluationItems'
import { type OpenJudge, suiteJudges } from './openedJudges'
import { type BoundRow, apart } from './overlap'
import { poisonShare } from './regimes'
import { bindings, drawnSplit } from './split'
import { type EvaluationItem, type EvaluationSplit, type Suite, exactMatch } from './suite'

export type ReadData = (path: string) => TE.TaskEither<Fault, Dataset>

// training data ----------------------------------------------------------------------------------

/**
 * `rows` rows, of which the regime's share is harmful, drawn without replacement. For one seed, the harmful rows of a smaller share
 * are contained in those of a larger one.
 */
export const poisoned =
  (clean: Dataset, harmful: Dataset, rows: number) =>
  (regime: string, seed: number): E.Either<Fault, Dataset> => {
    const share = poisonShare(regime)
    if (share === undefined)
      return E.left(
        badInput('BadConfig', 'is not a known regime', {
          where: regime,
          remedy: 'give benign, pure-bad or poison:SHARE',
        }),
      )
    const bad = Math.round(share * rows)
    const short = [
      { data: harmful, wanted: bad },
      { data: clean, wanted: rows - bad },
    ].find(({ data, wanted }) => data.examples.length < wanted)
    if (short !== undefined)
      return E.left(
        badInput('BadConfig', `has ${short.data.examples.length} rows, ${short.wanted} are needed`, {
          where: short.data.name,
          remedy: 'give more rows, or request fewer',
        }),
      )
    const draw = stream(seed, 'mix')
    const chosen = [
      ...draw.shuffle(harmful.examples).slice(0, bad),
      ...draw.shuffle(clean.examples).slice(0, rows - bad),
    ]
    return E.right({ name: regime, examples: stream(seed, 'order', regime).shuffle(chosen) })
  }

const trainingData = (
  read: ReadData,
  files: TrainingFiles,
  regimes: ReadonlyArray<string>,
): TE.TaskEither<Fault, Suite['trainingData']> =>
  'regimes' in files
    ? pipe(
        regimes,
        TE.traverseArray((regime): TE.TaskEither<Fault, readonly [string, Dataset]> => {
          const path = files.regimes[regime]
          return path === undefined
            ? TE.left(
                badInput('BadConfig', `has no file for the regime ${regime}`, {
                  where: 'suite.training.regimes',
                  remedy: 'name its file',
                }),
              )
            : pipe(
                read(path),
                TE.map((data) => [regime, data] as const),
              )
        }),
        TE.map((pairs) => {
          const byRegime = new Map(pairs)
          return (regime) =>
            E.fromNullable<Fault>(badInput('BadConfig', 'has no file', { where: regime }))(
              byRegime.get(regime),
            )
        }),
      )
    : pipe(
        TE.Do,
        TE.bind('clean', () => read(files.clean)),
        TE.bind('harmful', () => read(files.harmful)),
        TE.map(({ clean, harmful }) => poisoned(clean, harmful, files.rows)),
      )

// evaluation -------------------------------------------------------------------------------------

const lastNumber = (text: string): string | undefined =>
  text
    .replace(/(\d),(?=\d{3})/g, '$1')
    .match(/-?\d+(?:\.\d+)?/g)
    ?.at(-1)

/** The evaluation prompts of both sides of the split. */
const evaluationOf = (
  read: ReadData,
  { evaluation, validation }: Pick<FileSuite, 'evaluation' | 'validation'>,
): TE.TaskEither<Fault, ReadonlyArray<EvaluationItem>> =>
  pipe(
    [
      ...promptFiles(evaluation, 'test'),
      ...(validation === undefined || isShare(validation) ? [] : promptFiles(validation, 'validation')),
    ],
    TE.traverseArray((file) => pipe(read(file.path), TE.map(itemsOf(file)))),
    TE.map((files) => files.flat()),
    TE.chainFirstEitherK(distinctItems),
    TE.chainEitherK((placed) =>
      validation !== undefined && isShare(validation) ? drawnSplit(validation)(placed) : E.right(placed),
    ),
    TE.chainFirstEitherK((placed) => {
      const on = (split: EvaluationSplit): ReadonlyArray<BoundRow> =>
        placed
          .filter(({ item }) => item.split === split)
          .map((one) => ({ file: one.file.path, row: one.row, bindings: bindings(one) }))
      return apart(on('validation'), on('test'))
    }),
    TE.map((placed) => placed.map(({ item }) => item)),
  )

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
      TE.bind('evaluation', () => evaluationOf(read, suite)),
      TE.bind('opened', () => suiteJudges(open)(suite)),
      TE.map(({ opened, training, safe, references, evaluation }) => ({
        name: suite.name,
        models: suite.models,
        templates: suite.templates,
        trainingData: training,
        safe,
        references,
        evaluation,
        ...opened,
        match: suite.match,
        ...(suite.match === 'last-number'
          ? {
              solves: (item: EvaluationItem, completion: string) =>
                lastNumber(completion) !== undefined &&
                lastNumber(completion) === lastNumber(item.reference ?? ''),
            }
          : { solves: exactMatch }),
        maxNewTokens: suite.maxNewTokens,
      })),
    )
