/** Exports the finished cells of a results folder for other tools; the samples of one cell at a time are in memory. */
import { isAbsolute, relative, resolve, sep } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Terminal, stopping } from '@safe/tensor-core/cli'
import { type Fault, badInput, interrupted } from '@safe/tensor-core/contracts'
import { type OutputChoice, refuseExisting, writeFolder } from '@safe/tensor-core/files'
import { type PreparedAnswers, preparedOf } from '../results/prepared'
import { readFinished } from '../results/finishedCells'
import type { ListedCell, Listing } from '../results/listing'
import { readListing } from '../results/listingFile'
import { redactedSamples } from '../report/redact'
import { csvExporter } from './csvExporter'
import { everyEvalEverExporter } from './everyEvalEverExporter'
import type { RecordSource } from './everyEvalEver'
import type { Exporter } from './exporter'
import { inspectExporter } from './inspectExporter'

// model ------------------------------------------------------------------------------------------

/** Formats of exports. */
export const exportFormats = ['inspect', 'every-eval-ever', 'csv'] as const
export type ExportFormat = (typeof exportFormats)[number]

export interface ExportRequest extends Pick<OutputChoice, 'overwrite'> {
  /** The results folder. */
  readonly results: string
  /** The folder that is written. */
  readonly out: string
  readonly format: ExportFormat
  /** Leave out the text of answers that may do harm. */
  readonly redact: boolean
  /** Who reports the results, for formats that ask for it. */
  readonly source: RecordSource
  readonly terminal: Terminal
  readonly signal: AbortSignal
}

/** What was exported. */
export interface Exported {
  readonly cells: number
  /** Answers of these cells; logs and records leave out those to validation items. */
  readonly samples: number
  /** Cells of the benchmark that are not finished or failed. */
  readonly missing: number
}

// checks -----------------------------------------------------------------------------------------

/** The output must not hold the results: replacing it would remove them. */
const besideResults = ({ results, out }: ExportRequest): E.Either<Fault, void> => {
  const way = relative(resolve(out), resolve(results))
  return isAbsolute(way) || way === '..' || way.startsWith(`..${sep}`)
    ? E.right(undefined)
    : E.left(
        badInput('BadOption', 'is or holds the results folder', {
          field: 'out',
          where: out,
          remedy: 'give another folder',
        }),
      )
}

const withCells = (from: string, listing: Listing): E.Either<Fault, Listing> =>
  listing.cells.length > 0
    ? E.right(listing)
    : E.left(
        badInput('EmptyData', 'holds no finished cell', {
          where: from,
          remedy: 'let the benchmark go on, and export then',
        }),
      )

const missingIn = ({ cells, failed, running }: Listing): number =>
  Math.max(failed.length, running === undefined ? 0 : running.cells - cells.length)

const warned =
  ({ results, terminal }: ExportRequest) =>
  (listing: Listing): void => {
    const { running, failed, cells } = listing
    if (running !== undefined)
      terminal.warn(
        `${results}: the benchmark is not finished; ${cells.length} of ${running.cells} cells are exported`,
      )
    if (failed.length > 0)
      terminal.warn(`${results}: cells that failed and are not in the export: ${failed.length}`)
  }

// cells ------------------------------------------------------------------------------------------

/** A cell with its samples, as results show it. */
const cellOf =
  ({ results, redact }: ExportRequest, { stamp }: Listing) =>
  (listed: ListedCell): TE.TaskEither<Fault, ReadonlyArray<PreparedAnswers>> =>
    pipe(
      readFinished(results, [listed], stamp.judges?.measuring),
      TE.map((cells) => {
        // Metrics come before redaction: none of them may depend on it.
        const prepared = preparedOf(cells, stamp)
        return redact
          ? prepared.map((c) => ({
              ...c,
              samples: redactedSamples(new Map([[c.id, c.samples]])).get(c.id) ?? [],
            }))
          : prepared
      }),
    )

const written =
  (request: ExportRequest, listing: Listing) =>
  <R>(exporter: Exporter<R>): TE.TaskEither<Fault, number> => {
    const { out, terminal, signal } = request
    const progress = terminal.progress('exporting cells', listing.cells.length)
    const read = cellOf(request, listing)
    const one =
      (folder: string) =>
      (listed: ListedCell): TE.TaskEither<Fault, ReadonlyArray<readonly [R, number]>> =>
        pipe(
          signal.aborted
            ? TE.left<Fault>(interrupted('Interrupted', 'stopped; nothing was written', { where: out }))
            : read(listed),
          TE.chain(
            TE.traverseSeqArray((cell) =>
              pipe(
                exporter.cell(folder, cell),
                TE.map((kept) => [kept, cell.samples.length] as const),
              ),
            ),
          ),
          TE.chainFirstIOK(() => () => progress.tick(1)),
        )
    return pipe(
      writeFolder(out, (folder) =>
        pipe(
          exporter.begin(folder),
          TE.chain(() => pipe(listing.cells, TE.traverseSeqArray(one(folder)))),
          TE.map((cells) => cells.flat()),
          TE.chainFirst((cells) =>
            exporter.end(
              folder,
              cells.map(([kept]) => kept),
            ),
          ),
        ),
      ),
      TE.map((cells) => cells.reduce((sum, [, samples]) => sum + samples, 0)),
      stopping(() => progress),
    )
  }

const byFormat = (request: ExportRequest, listing: Listing): TE.TaskEither<Fault, number> => {
  const write = written(request, listing)
  const { suite, finished, stamp } = listing
  const heading = { suite, finished, stamp }
  switch (request.format) {
    case 'csv':
      return write(csvExporter(heading))
    case 'inspect':
      return write(inspectExporter(heading))
    case 'every-eval-ever':
      return write(everyEvalEverExporter(heading, request.source))
  }
}

// exporting --------------------------------------------------------------------------------------

/**
 * Writes the export as a whole, under a temporary name until it is complete.
 *
 * @returns left: no results folder or no finished cell in it, a damaged file, or an output that exists or holds the results
 */
export const exportResults = (request: ExportRequest): TE.TaskEither<Fault, Exported> =>
  pipe(
    TE.fromEither(besideResults(request)),
    TE.chainEitherKW(() => refuseExisting(request.out, { overwrite: request.overwrite === true }, 'folder')),
    TE.chainW(() => readListing(request.results)),
    TE.chainEitherKW((listing) => withCells(request.results, listing)),
    TE.chainFirstIOK((listing) => () => warned(request)(listing)),
    TE.chain((listing) =>
      pipe(
        byFormat(request, listing),
        TE.map((samples) => ({ cells: listing.cells.length, samples, missing: missingIn(listing) })),
      ),
    ),
  )
