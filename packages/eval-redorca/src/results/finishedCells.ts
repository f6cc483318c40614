/** Reads finished cells from their folders: with the texts of their samples, or without them where there may be very many. */
import * as RA from 'fp-ts/ReadonlyArray'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { named, strengthsField } from '../plan/factors'
import type { Sample } from '../suite/samples'
import { type ReadCell, cellFinished, readCell, readSamples, readTextScores } from './cellFiles'
import { costFields } from './cost'
import { earlierJudge, withVerdicts } from './judged'
import type { ListedCell } from './listing'
import type { Scored } from './perplexity'
import type { FinishedCell, MeasuredCell } from './prepared'
import { withoutTexts } from './withoutTexts'

// parts ------------------------------------------------------------------------------------------

/** Files of so many cells are read at once: one after the other, a cell's small files take mostly waiting. */
const atOnce = 16

/** Does it for all of these, a few at a time. */
const fewAtOnce =
  <A, B>(read: (a: A) => TE.TaskEither<Fault, B>) =>
  (all: ReadonlyArray<A>): TE.TaskEither<Fault, ReadonlyArray<B>> =>
    pipe(
      RA.chunksOf(atOnce)(all),
      TE.traverseSeqArray(TE.traverseArray(read)),
      TE.map((chunks) => chunks.flat()),
    )

/** The id of the judge of samples that an earlier version wrote, where not even the stamp names it. */
const unnamedJudge = 'unnamed'

/** What the files of a cell have. */
interface Files {
  readonly cell: ReadCell
  readonly samples: ReadonlyArray<Sample>
  readonly scored: Scored
}

const filesOf = (out: string, id: string): TE.TaskEither<Fault, Files> =>
  pipe(
    TE.Do,
    TE.bind('samples', () => readSamples(out, id)),
    TE.bind('cell', () => readCell(out, id)),
    TE.bind('scored', () => readTextScores(out, id)),
  )

const finishedFrom = (
  measuring: string,
  { id, factors, strengths = factors.strengths ?? {}, control, published = true }: ListedCell,
  { samples, scored, cell: { judges = [earlierJudge(measuring, samples)], ...cell } }: Files,
): FinishedCell => ({
  id,
  factors: { ...named(factors), ...strengthsField(strengths) },
  control,
  published,
  ...costFields(cell),
  judges,
  samples: withVerdicts(measuring, samples),
  ...scored,
})

const finishedIn =
  (out: string, measuring: string) =>
  (listed: ListedCell): TE.TaskEither<Fault, FinishedCell> =>
    pipe(
      filesOf(out, listed.id),
      TE.map((files) => finishedFrom(measuring, listed, files)),
    )

/** A cell as its own file lists it; none where it is not finished, or of a version that did not say. */
const unlistedIn =
  (out: string, measuring: string) =>
  (id: string): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> =>
    cellFinished(out)(id)
      ? pipe(
          filesOf(out, id),
          TE.map((files) => {
            const { factors, control, published } = files.cell
            return factors === undefined || control === undefined
              ? []
              : [
                  finishedFrom(
                    measuring,
                    { id, factors, control, ...(published === undefined ? {} : { published }) },
                    files,
                  ),
                ]
          }),
        )
      : TE.right([])

// reading ----------------------------------------------------------------------------------------

/**
 * Cells with their samples. What an earlier version wrote has one verdict, which becomes that of the judge it was measured by.
 *
 * @param measuring the id of that judge
 */
export const readFinished = (
  out: string,
  cells: ReadonlyArray<ListedCell>,
  measuring = unnamedJudge,
): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> => pipe(cells, fewAtOnce(finishedIn(out, measuring)))

/**
 * The same without texts, which are not in memory but of a few cells at a time.
 *
 * @param before what is done with each cell while its texts are there
 */
export const readMeasured = (
  out: string,
  cells: ReadonlyArray<ListedCell>,
  measuring = unnamedJudge,
  before: (cell: FinishedCell) => TE.TaskEither<Fault, FinishedCell> = TE.right,
): TE.TaskEither<Fault, ReadonlyArray<MeasuredCell>> => {
  const light = withoutTexts()
  return pipe(
    cells,
    fewAtOnce((cell) => pipe(finishedIn(out, measuring)(cell), TE.chain(before), TE.map(light))),
  )
}

/** The finished ones of these, as their own files list them, without texts. */
export const readUnlisted = (
  out: string,
  ids: ReadonlyArray<string>,
  measuring = unnamedJudge,
): TE.TaskEither<Fault, ReadonlyArray<MeasuredCell>> => {
  const light = withoutTexts()
  return pipe(
    ids,
    fewAtOnce((id) => pipe(unlistedIn(out, measuring)(id), TE.map(RA.map(light)))),
    TE.map((found) => found.flat()),
  )
}

/** The samples of these cells, by id. */
export const readSamplesOf = (
  out: string,
  ids: ReadonlyArray<string>,
  measuring = unnamedJudge,
): TE.TaskEither<Fault, ReadonlyMap<string, ReadonlyArray<Sample>>> =>
  pipe(
    ids,
    fewAtOnce((id) =>
      pipe(
        readSamples(out, id),
        TE.map((samples) => [id, withVerdicts(measuring, samples)] as const),
      ),
    ),
    TE.map((entries) => new Map(entries)),
  )
