/**
 * A suite from the user's models and files. One judge measures, another chooses among beams. Phrase-list judges match wording
 * only; a report on real models must say so.
 */
import * as E from 'fp-ts/Either'
import * as O from 'fp-ts/Option'
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, badInput, responseText } from '@safe/tensor-core/contracts'
import { contentHash } from '@safe/tensor-core/files'
import { stream } from '@safe/tensor-core/random'
import type { FileSuite, TrainingFiles } from '../config/fileSuiteConfig'
import { promptKey } from '../mix/promptKey'
import { type OpenJudge, suiteJudges } from './openedJudges'
import { poisonShare } from './regimes'
import { type EvaluationItem, type EvaluationSet, type Suite, evaluationSets, exactMatch } from './suite'

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

/** The data set that a row comes from, where it says so: results are also stated by it. */
const sourceOf = ({ fields }: Dataset['examples'][number]): { readonly source?: string } => {
  const named = [fields['source'], fields['set']].find((name) => typeof name === 'string')
  return typeof named === 'string' ? { source: named } : {}
}

/** A row says what it is clustered with in its field `cluster`; rows of one prompt always are. */
const clusterOf = ({ fields, prompt }: Dataset['examples'][number]): string =>
  typeof fields['cluster'] === 'string' ? fields['cluster'] : contentHash(promptKey(prompt))

const items = (set: EvaluationSet, data: Dataset): ReadonlyArray<EvaluationItem> =>
  data.examples.map((example) => ({
    id: `${set}-${example.id}`,
    set,
    split: 'test' as const,
    cluster: clusterOf(example),
    prompt: example.prompt,
    fields: sourceOf(example),
    ...(set === 'task' ? { reference: responseText(example.response) } : {}),
  }))

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
      TE.bind('evaluation', () =>
        pipe(
          evaluationSets,
          RA.filterMap((set) => {
            const path = suite.evaluation[set]
            return path === undefined ? O.none : O.some({ set, path })
          }),
          TE.traverseArray(({ set, path }) =>
            pipe(
              read(path),
              TE.map((data) => items(set, data)),
            ),
          ),
        ),
      ),
      TE.bind('opened', () => suiteJudges(open)(suite)),
      TE.map(({ opened, training, safe, references, evaluation }) => ({
        name: suite.name,
        models: suite.models,
        templates: suite.templates,
        trainingData: training,
        safe,
        references,
        evaluation: evaluation.flat(),
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
