/** The report of a benchmark: `report.html`, `report.md`, and `samples.html` with every answer, beside its results. */
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { parse } from 'yaml'
import { type Fault, badInput, causeLine } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import type { Results } from '../results/results'
import { readSamplesOf } from '../results/finishedCells'
import { type WinRatesFile, readWinRates } from '../results/winRatesFile'
import { samplesPage, writeBrowser } from './browser/write'
import { markdown } from './markdown'
import { page } from './page'
import { redactedSamples } from './redact'
import type { Section } from './section'
import { shownOf } from './shown'
import { shownSamples } from './shownSamples'
import { winRatesSection } from './winRates'

export { correctedSection } from './corrected'
export { headline } from './headline'
export { markdown } from './markdown'
export { page, type ReportInput } from './page'

const configIn = (folder: string): E.Either<Fault, unknown> => {
  const path = join(folder, 'config.yaml')
  return E.tryCatch(
    (): unknown => (existsSync(path) ? parse(readFileSync(path, 'utf8')) : {}),
    (cause) =>
      badInput('FileDamaged', `is not YAML (${causeLine(cause)})`, {
        where: path,
        remedy: 'run the benchmark again into that folder, or remove the file',
      }),
  )
}

/** The folders of a report: its input and its output. */
export interface ReportPlace {
  /** The results folder. */
  readonly results: string
  /** Where the report is written; rows link to their samples only where this is the results folder itself. */
  readonly out: string
}

/** The section of win rates: of the cells that were compared alone, for results may have very many. */
const winRatesIn = (
  folder: string,
  file: WinRatesFile,
  results: Results,
): TE.TaskEither<Fault, ReadonlyArray<Section>> => {
  const compared = new Set(file.comparisons.flatMap(({ cell, against }) => [cell, against]))
  const cells = results.cells.filter(({ id }) => compared.has(id))
  return pipe(
    readSamplesOf(
      folder,
      cells.map(({ id }) => id),
      results.stamp.judges?.measuring,
    ),
    TE.map((samples) => winRatesSection(file, { ...results, cells }, samples)),
  )
}

/**
 * Writes `report.html`, `report.md` and `samples.html`, with the win rates of the folder where it has any. Answers are read from the cells
 * of the results folder. Of results with very many cells, it shows the first and says so.
 *
 * @returns the report's path
 */
export const writeReport = (
  place: ReportPlace,
  {
    results,
    sections: given = [],
    redact = false,
  }: {
    readonly results: Results
    /** Parts that not every benchmark has. */
    readonly sections?: ReadonlyArray<Section>
    /** Whether the text of answers that may do harm is left out of all three. */
    readonly redact?: boolean
  },
): TE.TaskEither<Fault, string> => {
  const path = join(place.out, 'report.html')
  const linked = resolve(place.out) === resolve(place.results)
  const { results: fitting } = shownOf(results)
  return pipe(
    TE.Do,
    TE.bind('file', () => readWinRates(place.results)),
    TE.bind('sections', ({ file }) =>
      pipe(
        file === undefined ? TE.right([]) : winRatesIn(place.results, file, results),
        TE.map((own) => [...given, ...own]),
      ),
    ),
    TE.bindW('config', () => TE.fromEither(configIn(place.results))),
    TE.bindW('samples', () => shownSamples(place.results, fitting)),
    TE.bindW('shown', ({ samples }) => TE.right(redact ? redactedSamples(samples) : samples)),
    TE.chainFirstW(({ samples }) =>
      writeBrowser(place.out, { results: fitting, samples, redact, of: results.cells.length }),
    ),
    TE.chainFirstW(({ sections, config, shown }) =>
      writeWhole(
        path,
        page({ ...{ results, linked, sections }, samples: shown, config, browser: samplesPage }),
      ),
    ),
    TE.chainW(({ sections, shown }) =>
      writeWhole(join(place.out, 'report.md'), markdown(results, shown, sections)),
    ),
    TE.map(() => resolve(path)),
  )
}
