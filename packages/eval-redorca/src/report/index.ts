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
import { readWinRates } from '../results/winRatesFile'
import type { Sample } from '../suite/samples'
import { samplesPage, writeBrowser } from './browser/write'
import { markdown } from './markdown'
import { page } from './page'
import { redactedSamples } from './redact'
import type { Section } from './section'
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

/**
 * Writes `report.html`, `report.md` and `samples.html`, with the win rates of the folder where it has any.
 *
 * @returns the report's path
 */
export const writeReport = (
  place: ReportPlace,
  {
    results,
    samples,
    sections: given = [],
    redact = false,
  }: {
    readonly results: Results
    readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
    /** Parts that not every benchmark has. */
    readonly sections?: ReadonlyArray<Section>
    /** Whether the text of answers that may do harm is left out of all three. */
    readonly redact?: boolean
  },
): TE.TaskEither<Fault, string> => {
  const path = join(place.out, 'report.html')
  const linked = resolve(place.out) === resolve(place.results)
  const shown = redact ? redactedSamples(samples) : samples
  return pipe(
    readWinRates(place.results),
    TE.map((file) => [...given, ...(file === undefined ? [] : winRatesSection(file, results, samples))]),
    TE.bindTo('sections'),
    TE.bind('config', () => TE.fromEither(configIn(place.results))),
    TE.chainFirstW(() => writeBrowser(place.out, { results, samples, redact })),
    TE.chainFirstW(({ sections, config }) =>
      writeWhole(
        path,
        page({
          ...{ results, linked, sections },
          samples: shown,
          config,
          browser: samplesPage,
        }),
      ),
    ),
    TE.chainW(({ sections }) => writeWhole(join(place.out, 'report.md'), markdown(results, shown, sections))),
    TE.map(() => resolve(path)),
  )
}
