/** `report --results DIR`: writes the report of a results folder again from its samples, there or in another folder. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, dataFile, folder, optional, required } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Corrections, correctionsOf } from '../results/corrected'
import { readSamplesOf } from '../results/finishedCells'
import { readLabels } from '../results/labelRows'
import type { Results } from '../results/results'
import { writeResults } from '../results/resultsText'
import { correctedSection, writeReport } from '../report'
import { folderPlace, withStore } from '../store'
import { resultsIn } from '../work/fleet/resultsIn'
import { redactOption } from './redactOption'

/** Rates corrected for the judge's errors: of all answers, for labels are drawn from all of them. */
const corrected = (folder: string, made: Results, labels: string): TE.TaskEither<Fault, Corrections> =>
  pipe(
    TE.Do,
    TE.bindW('samples', () =>
      readSamplesOf(
        folder,
        made.cells.map(({ id }) => id),
        made.stamp.judges?.measuring,
      ),
    ),
    TE.bindW('found', ({ samples }) => readLabels(labels, samples)),
    TE.map(({ samples, found }) => correctionsOf(made, samples, found)),
  )

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
      TE.bindW('results', () => withStore(folderPlace(from), resultsIn)),
      TE.bindW('corrections', ({ results: made }) =>
        labels === undefined ? TE.right(undefined) : corrected(from, made, labels),
      ),
      TE.chainFirstW(({ results: made }) => writeResults(out, made)),
      TE.bindW('report', ({ results: made, corrections }) =>
        writeReport(
          { results: from, out },
          {
            results: made,
            redact,
            sections: corrections === undefined ? [] : [correctedSection(corrections)],
          },
        ),
      ),
      TE.map(({ report, corrections }) => ({
        json: { report, ...(corrections === undefined ? {} : { corrected: corrections }) },
        text: report,
      })),
    ),
})
