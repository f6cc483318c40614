/** `report --results DIR`: writes the report of a results folder again from its samples, there or in another folder. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, folder, optional, required } from '@safe/tensor-core/cli'
import { writeWhole } from '@safe/tensor-core/files'
import { readResults } from '../results/resultsFile'
import { writeReport } from '../report'

export const reportCommand = command({
  name: 'report',
  description: 'write results.json, report.html and report.md again from the samples of a results folder',
  options: {
    results: required(folder('results folder of a benchmark')),
    out: optional(
      folder('write them here instead, without links to the samples (default: the results folder)'),
    ),
  },
  run: ({ results: from, out = from }) =>
    pipe(
      readResults(from),
      TE.chainFirstW(({ results }) =>
        writeWhole(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`),
      ),
      TE.chainW((read) => writeReport({ results: from, out }, read)),
      TE.map((report) => ({ json: { report }, text: report })),
    ),
})
