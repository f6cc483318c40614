/** Fine-tuning data from files: one per regime, or clean and harmful rows that are mixed by the regime's share. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Dataset, type Fault, badInput } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import type { TrainingFiles } from '../config/fileSuiteConfig'
import { type ReadData, type ReadRows, rowsIn } from './readRows'
import { poisonShare } from '../config/regimes'
import { type Suite, isLabelledHarmful } from './suite'

// model ------------------------------------------------------------------------------------------

/** The files that training data is drawn from, and the draw. */
export interface TrainingRows {
  readonly files: ReadonlyArray<ReadRows>
  readonly drawn: Suite['trainingData']
  readonly isHarmful: Suite['isHarmful']
}

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

/** Rows of one source, wherever they are mixed in; by their text, for stored rows are read back. */
const isAmong = ({ examples }: Dataset): Suite['isHarmful'] => {
  const rows = new Set(examples.map(({ raw }) => raw))
  return ({ raw }) => rows.has(raw)
}

/** Reads the files of these regimes; without any there are no rows. @returns left: a file that cannot be read, or a regime without one */
export const trainingData = (
  read: ReadData,
  files: TrainingFiles | undefined,
  regimes: ReadonlyArray<string>,
): TE.TaskEither<Fault, TrainingRows> =>
  files === undefined
    ? TE.right({
        files: [],
        drawn: (regime) => E.right({ name: regime, examples: [] }),
        isHarmful: isLabelledHarmful,
      })
    : 'regimes' in files
      ? pipe(
          regimes,
          TE.traverseArray((regime) =>
            pipe(
              TE.fromEither(
                E.fromNullable<Fault>(
                  badInput('BadConfig', `has no file for the regime ${regime}`, {
                    where: 'suite.training.regimes',
                    remedy: 'name its file',
                  }),
                )(files.regimes[regime]),
              ),
              TE.chain(rowsIn(read)),
              TE.map((rows) => ({ regime, rows })),
            ),
          ),
          TE.map((found) => {
            const byRegime = new Map(found.map(({ regime, rows }) => [regime, rows.data]))
            return {
              files: found.map(({ rows }) => rows),
              isHarmful: isLabelledHarmful,
              drawn: (regime) =>
                E.fromNullable<Fault>(badInput('BadConfig', 'has no file', { where: regime }))(
                  byRegime.get(regime),
                ),
            }
          }),
        )
      : pipe(
          TE.Do,
          TE.bind('clean', () => rowsIn(read)(files.clean)),
          TE.bind('harmful', () => rowsIn(read)(files.harmful)),
          TE.map(({ clean, harmful }) => ({
            files: [clean, harmful],
            drawn: poisoned(clean.data, harmful.data, files.rows),
            isHarmful: isAmong(harmful.data),
          })),
        )
