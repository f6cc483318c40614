/** `export --results DIR --format FORMAT --out DIR`: results in the formats that other tools read. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import {
  choice,
  command,
  flag,
  folder,
  overwriteOption,
  required,
  text,
  withDefault,
} from '@safe/tensor-core/cli'
import { relationships } from '../interchange/everyEvalEver'
import { exportFormats, exportResults } from '../interchange/exportResults'

export const exportCommand = command({
  name: 'export',
  description:
    'write the finished cells of a results folder as inspect_ai logs, Every Eval Ever records, or CSV',
  options: {
    results: required(folder('results folder of a benchmark')),
    format: required(choice('format of the export', exportFormats)),
    out: required(folder('folder that is written')),
    ...overwriteOption,
    redact: flag(
      'leave the text of answers to harmful requests, and of those judged harmful, out of the export',
    ),
    organization: withDefault(
      'unknown',
      text('who reports the results; Every Eval Ever asks for it', 'NAME'),
    ),
    relationship: withDefault(
      'other',
      choice('how they stand to the maker of the model; Every Eval Ever asks for it', relationships),
    ),
  },
  run: ({ results, format, out, overwrite, redact, organization, relationship }, context) =>
    pipe(
      exportResults({
        ...{ results, format, out, overwrite, redact },
        source: { organization, relationship },
        terminal: context,
        signal: context.signal,
      }),
      TE.map((exported) => ({
        json: { format, out, ...exported },
        text: `${exported.cells} cells, ${exported.samples} answers: ${out}`,
      })),
    ),
})
