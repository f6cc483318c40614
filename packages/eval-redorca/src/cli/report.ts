/** `report --results DIR`: writes the report of a results folder again from its samples, there or in another folder. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, dataFile, folder, optional, required } from '@safe/tensor-core/cli'
import { correctionsOf } from '../results/corrected'
import { readLabels } from '../results/labelRows'
import { writeResults } from '../results/resultsFile'
import { correctedSection, writeReport } from '../report'
import { folderPlace, withStore } from '../store'
import { resultsIn } from '../work/fleet/resultsIn'
import { redactOption } from './redactOption'

export const reportCommand = command({
  name: 'report',
  description:
    'write results.json, report.html, report.md and samples.html again from the samples of a results folder',
  example: 'redorca report --results results',
  options: {
    results: required(folder('results folder of a benchmark')),
    out: optional(
      folder('write them here instead, without links to the cells’ files (default: the results folder)'),
    ),
    labels: optional(
      dataFile('labels.jsonl of people: adds rates corrected for the judge’s errors (redorca label)'),
    ),
    ...redactOption,
  },
  run: ({ results: from, out = from, labels, redact }) =>
    pipe(
      TE.Do,
      TE.bindW('read', () => withStore(folderPlace(from), resultsIn)),
      TE.bindW('corrections', ({ read }) =>
        labels === undefined
          ? TE.right(undefined)
          : pipe(
              readLabels(labels, read.samples),
              TE.map((found) => correctionsOf(read.results, read.samples, found)),
            ),
      ),
      TE.chainFirstW(({ read }) => writeResults(out, read.results)),
      TE.bindW('report', ({ read, corrections }) =>
        writeReport(
          { results: from, out },
          { ...read, redact, sections: corrections === undefined ? [] : [correctedSection(corrections)] },
        ),
      ),
      TE.map(({ report, corrections }) => ({
        json: { report, ...(corrections === undefined ? {} : { corrected: corrections }) },
        text: report,
      })),
    ),
})
