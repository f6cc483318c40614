/**
 * Judges the stored samples of a results folder again, without generating anything. Each cell is written when a judge is done with
 * it, so what has been judged stays where it stops; verdicts that are there already are kept.
 */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Fault, type Judge, badInput } from '@safe/tensor-core/contracts'
import { readFinished } from '../results/finishedCells'
import type { Listing } from '../results/listing'
import { readListing } from '../results/listingFile'
import type { FinishedCell } from '../results/prepared'
import { resultsOf } from '../results/results'
import { type ReadResults, samplesById } from '../results/resultsFile'
import { writeResults } from '../results/resultsText'
import type { Stamp } from '../results/stamp'
import { storedItem } from '../suite/samples'
import { recordOf, storedVerdict } from '../suite/verdicts'
import { askInBatches } from './askInBatches'
import { headed, written } from './headed'

// model ------------------------------------------------------------------------------------------

/** A results folder to be judged again. */
export interface Rescoring {
  readonly out: string
  readonly judges: ReadonlyArray<Judge>
  /** The headline judge from now on, by its id or as it was named when it was opened; undefined: as it is. */
  readonly headline: string | undefined
  /** The id of a judge that `headline` names in another way. */
  readonly idOf: (name: string) => TE.TaskEither<Fault, string>
  /** Judge also what these judges have judged before. */
  readonly again: boolean
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** The folder after it was judged again. */
export interface Rescored extends ReadResults {
  /** The headline judge's id. */
  readonly headline: string
  /** By judge: how many samples were judged now; the others had a verdict. */
  readonly judged: Readonly<Record<string, number>>
}

/** Items put to a judge at once. */
const batchSize = 64

// the headline -----------------------------------------------------------------------------------

/** Judges that have judged every cell, or will have. */
const complete = (
  cells: ReadonlyArray<FinishedCell>,
  judges: ReadonlyArray<Judge>,
): ReadonlyArray<string> => {
  const everywhere = (cells[0]?.judges ?? []).filter(({ id }) =>
    cells.every((cell) => cell.judges?.some((judge) => judge.id === id)),
  )
  return [...new Set([...everywhere, ...judges].map(({ id }) => id))]
}

const headlineOf = (
  { headline, idOf }: Rescoring,
  known: ReadonlyArray<string>,
  now: string | undefined,
): TE.TaskEither<Fault, string> => {
  const wanted = headline ?? now
  const found = known.find((id) => id === wanted)
  if (found !== undefined) return TE.right(found)
  const unknown: Fault = badInput(
    'BadOption',
    `names ${wanted ?? 'no judge'}, which has not judged every cell`,
    {
      field: 'headline',
      remedy: `give one of ${known.join(', ')}`,
    },
  )
  return headline === undefined
    ? TE.right(known[0] ?? '')
    : pipe(
        idOf(headline),
        TE.mapLeft(() => unknown),
        TE.filterOrElse(
          (id) => known.includes(id),
          () => unknown,
        ),
      )
}

// judging ----------------------------------------------------------------------------------------

const without = (cell: FinishedCell, { id }: Judge, again: boolean): FinishedCell['samples'] =>
  cell.samples.filter((sample) => again || sample.verdicts?.[id] === undefined)

/** The cell with the judge's verdicts, and how many of them are new; written where any are. */
const judgedCell = (
  { out, again, signal }: Rescoring,
  judge: Judge,
  cell: FinishedCell,
  headline: string,
  onDone: (items: number) => void,
): TE.TaskEither<Fault, FinishedCell> => {
  const open = without(cell, judge, again)
  const record = recordOf(judge)
  const listed = cell.judges?.some(({ id }) => id === judge.id) ?? false
  return open.length === 0 && listed
    ? TE.right(cell)
    : pipe(
        askInBatches({ batchSize, signal, onDone })(judge)(open.map(storedItem)),
        TE.map((said): FinishedCell => {
          const verdicts = new Map(
            RA.zip(open, said).map(([{ id }, judgement]) => [id, storedVerdict(judgement)]),
          )
          return {
            ...cell,
            judges: [...(cell.judges ?? []).filter(({ id }) => id !== judge.id), record],
            samples: cell.samples.map((sample) => {
              const verdict = verdicts.get(sample.id)
              return verdict === undefined
                ? sample
                : { ...sample, verdicts: { ...sample.verdicts, [judge.id]: verdict } }
            }),
          }
        }),
        TE.chainFirst((made) => written(out, made, headline)),
      )
}

/** Every cell judged by every judge. */
const judgedCells = (
  rescoring: Rescoring,
  cells: ReadonlyArray<FinishedCell>,
  headline: string,
): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> => {
  const { judges, again, terminal } = rescoring
  const total = cells.reduce(
    (sum, cell) => sum + judges.reduce((n, judge) => n + without(cell, judge, again).length, 0),
    0,
  )
  if (total === 0) terminal.note('every sample has these verdicts already')
  const bar = terminal.progress('judging', Math.max(1, total))
  return pipe(
    cells,
    TE.traverseSeqArray((cell) =>
      judges.reduce<TE.TaskEither<Fault, FinishedCell>>(
        (before, judge) =>
          pipe(
            before,
            TE.chain((made) =>
              judgedCell(rescoring, judge, made, headline, (items) => bar.tick(items, judge.id)),
            ),
          ),
        TE.right(cell),
      ),
    ),
    (work) =>
      TE.bracket(
        TE.right(bar),
        () => work,
        () => TE.fromIO(bar.stop),
      ),
  )
}

// constructors -----------------------------------------------------------------------------------

const stampHeadedBy = (stamp: Stamp, headline: string): Stamp => ({
  ...stamp,
  judges: { beams: '', ...stamp.judges, measuring: headline },
})

/**
 * Judges a results folder again and writes its samples and `results.json`; the report is made from them. The same call after an
 * interruption goes on where it stopped.
 *
 * @returns left: no finished benchmark, a judge that fails, or a `headline` that has not judged
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { rescore } from '@safe/eval-redorca'
 * import { silentTerminal } from '@safe/tensor-core/cli'
 * import { refusalJudge } from '@safe/tensor-core/judges'
 * import * as E from 'fp-ts/Either'
 * import * as TE from 'fp-ts/TaskEither'
 *
 * const done = await rescore({
 *   out: 'no-results',
 *   judges: [refusalJudge],
 *   headline: undefined,
 *   idOf: (name) => TE.right(name),
 *   again: false,
 *   terminal: silentTerminal,
 *   signal: new AbortController().signal,
 * })()
 * assert.equal(E.isLeft(done) && done.left._tag, 'FileMissing')
 * ```
 */
export const rescore = (rescoring: Rescoring): TE.TaskEither<Fault, Rescored> => {
  const { out, judges, again, signal } = rescoring
  const finish = (
    listing: Listing,
    cells: ReadonlyArray<FinishedCell>,
    headline: string,
    judged: Rescored['judged'],
  ): TE.TaskEither<Fault, Rescored> =>
    pipe(
      cells,
      TE.traverseSeqArray(headed(out, headline)),
      TE.map((made) => ({
        headline,
        judged,
        results: resultsOf({ ...listing, stamp: stampHeadedBy(listing.stamp, headline), cells: made }),
        samples: samplesById(made),
      })),
      TE.chainFirstW(({ results }) => writeResults(out, results)),
    )
  return pipe(
    TE.Do,
    TE.bind('listing', () => readListing(out)),
    TE.bind('cells', ({ listing }) => readFinished(out, listing.cells, listing.stamp.judges?.measuring)),
    TE.bind('headline', ({ listing, cells }) =>
      headlineOf(rescoring, complete(cells, judges), listing.stamp.judges?.measuring),
    ),
    TE.bind('judged', ({ cells, headline }) => judgedCells(rescoring, cells, headline)),
    TE.chain(({ listing, cells, headline, judged }) =>
      finish(
        listing,
        judged,
        headline,
        Object.fromEntries(
          judges.map((judge) => [
            judge.id,
            cells.reduce((sum, cell) => sum + without(cell, judge, again).length, 0),
          ]),
        ),
      ),
    ),
    TE.mapLeft((fault): Fault =>
      signal.aborted ? { ...fault, remedy: 'run the same command again to continue' } : fault,
    ),
  )
}
