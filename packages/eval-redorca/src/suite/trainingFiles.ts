/** Fine-tuning data from files: one per regime, or clean and harmful rows that are mixed by the regime's share. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { TrainingFiles } from '../config/fileSuiteConfig'
import type { ReadData } from './readEvaluation'
import { poisonShare } from './regimes'
import type { Suite } from './suite'

// mixing -----------------------------------------------------------------------------------------

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

/** Reads the files of these regimes. @returns left: a file that cannot be read, or a regime without one */
export const trainingData = (
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
