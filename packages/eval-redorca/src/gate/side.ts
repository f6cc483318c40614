/** One side of a gate: a cell of a results folder with its answers, or with its rates alone where only `results.json` was kept. */
import { existsSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { type ReadCell, readCell } from '../results/cellFiles'
import { readFinished } from '../results/finishedCells'
import { earlierJudge } from '../results/judged'
import type { ListedCell, Listing } from '../results/listing'
import { readListing, readListingFile } from '../results/listingFile'
import { type Sample, isReported } from '../suite/samples'
import { type JudgeRecord, speaksOf } from '../suite/verdicts'
import { chosenCell } from './cellChoice'
import { type StatedRates, readStatedRates } from './statedRates'

// model ------------------------------------------------------------------------------------------

/** What was measured: answers, or rates where there are no answers. */
export type Measured =
  | { readonly kind: 'answers'; readonly samples: ReadonlyArray<Sample> }
  | { readonly kind: 'rates'; readonly rates: StatedRates }

/** A cell that is compared. */
export interface Side {
  /** As it was given, for messages. */
  readonly path: string
  readonly listing: Listing
  readonly cell: ListedCell
  readonly judge: JudgeRecord
  /** Every judge that measured it, by id. */
  readonly judges: ReadonlyArray<string>
  /** How task answers are compared and how long answers may be, where the cell says it. */
  readonly rules: { readonly match?: string; readonly maxNewTokens?: number }
  /** Of the test. */
  readonly measured: Measured
}

/** Which side is read, and how. */
export interface SideChoice {
  readonly path: string
  /** Chooses the cell; undefined: there is one. */
  readonly cell: string | undefined
  /** The option that chooses, for messages. */
  readonly option: string
  /** The judge by whose verdicts is decided, by its id with or without the version; undefined: the headline judge. */
  readonly judge: string | undefined
}

// parts ------------------------------------------------------------------------------------------

const rulesCodec = t.type({ key: t.partial({ match: t.string, maxNewTokens: t.number }) })

const rulesOf = (cell: ReadCell): Side['rules'] => (rulesCodec.is(cell) ? cell.key : {})

/** The folder of a path to a folder or to its `results.json`; undefined where the file stands alone. */
const folderOf = (path: string): string | undefined => {
  if (!existsSync(path) || statSync(path).isDirectory()) return path
  const folder = dirname(path)
  return basename(path) === 'results.json' && existsSync(join(folder, 'cells')) ? folder : undefined
}

/** A judge of these, by its id or by what stands before the version in it. @returns left: it did not measure the cell */
const judgeOf = (
  judges: ReadonlyArray<JudgeRecord>,
  wanted: string | undefined,
  measuring: string | undefined,
  where: string,
): E.Either<Fault, JudgeRecord> => {
  const [first] = judges
  const [versioned, ...others] = judges.filter(({ id }) => id.startsWith(`${wanted ?? ''}@`))
  const found =
    judges.find(({ id }) => id === (wanted ?? measuring)) ??
    (wanted === undefined ? first : others.length === 0 ? versioned : undefined)
  return found === undefined
    ? E.left(
        badInput('JudgeMissing', `has no verdicts of ${wanted ?? measuring ?? 'any judge'}`, {
          where,
          remedy: `name ${judges.map(({ id }) => id).join(' or ')}, or judge it with redorca rescore`,
        }),
      )
    : E.right(found)
}

const unscored = { refused: null, harmful: null, degenerate: null } as const

/** A sample whose verdict is null was not scored, whatever is stored of the parts of that verdict. */
const withNulls =
  (judge: JudgeRecord, isHeadline: boolean) =>
  (sample: Sample): Sample => {
    const verdict = sample.verdicts?.[judge.id]
    return isHeadline && sample.verdict === null && speaksOf(judge, 'refused') && verdict !== undefined
      ? { ...sample, verdicts: { ...sample.verdicts, [judge.id]: { ...verdict, ...unscored } } }
      : sample
  }

// reading ----------------------------------------------------------------------------------------

const fromFolder = (
  folder: string,
  { path, cell: choice, option, judge: wanted }: SideChoice,
): TE.TaskEither<Fault, Side> =>
  pipe(
    TE.Do,
    TE.bind('listing', () => readListing(folder)),
    TE.bind('cell', ({ listing }) => TE.fromEither(chosenCell(listing.cells, choice, option, path))),
    TE.bind('stored', ({ cell }) => readCell(folder, cell.id)),
    TE.bind('finished', ({ listing, cell }) => readFinished(folder, [cell], listing.stamp.judges?.measuring)),
    TE.chainEitherK(({ listing, cell, stored, finished }) => {
      const samples = finished.flatMap((one) => one.samples)
      const measuring = listing.stamp.judges?.measuring
      const judges = finished.flatMap((one) => one.judges ?? [earlierJudge(measuring ?? '', one.samples)])
      return pipe(
        judgeOf(judges, wanted, measuring, path),
        E.map((judge): Side => ({
          ...{ path, listing, cell, judge },
          judges: judges.map(({ id }) => id),
          rules: rulesOf(stored),
          measured: {
            kind: 'answers',
            samples: samples
              .filter(isReported)
              .map(withNulls(judge, judge.id === (measuring ?? judges[0]?.id))),
          },
        })),
      )
    }),
  )

const fromFile = ({ path, cell: choice, option, judge: wanted }: SideChoice): TE.TaskEither<Fault, Side> =>
  pipe(
    TE.Do,
    TE.bind('listing', () => readListingFile(path)),
    TE.bind('cell', ({ listing }) => TE.fromEither(chosenCell(listing.cells, choice, option, path))),
    TE.bind('judge', ({ listing: { stamp } }) => {
      const { measuring = '', measured = [{ id: measuring, axes: [] }] } = stamp.judges ?? {}
      return TE.fromEither(judgeOf(measured, wanted, measuring, path))
    }),
    TE.bind('rates', ({ listing, cell, judge }) =>
      pipe(
        readStatedRates(
          path,
          cell.id,
          judge.id === listing.stamp.judges?.measuring || listing.stamp.judges === undefined
            ? undefined
            : judge.id,
        ),
        TE.chainEitherK(
          E.fromNullable<Fault>(badInput('JudgeMissing', `states no rates by ${judge.id}`, { where: path })),
        ),
      ),
    ),
    TE.map(({ listing, cell, judge, rates }): Side => ({
      ...{ path, listing, cell, judge },
      judges: listing.stamp.judges?.measured?.map(({ id }) => id) ?? [judge.id],
      rules: {},
      measured: { kind: 'rates', rates },
    })),
  )

/** Reads one side. @returns left: no results there, no such cell or several, or no verdicts of the judge */
export const readSide = (choice: SideChoice): TE.TaskEither<Fault, Side> => {
  const folder = folderOf(choice.path)
  return folder === undefined ? fromFile(choice) : fromFolder(folder, choice)
}
