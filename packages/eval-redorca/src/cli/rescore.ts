/** `rescore --results DIR --judge J [--judge K ...]`: judges the stored answers of a benchmark again, without generating any. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { command, flag, folder, optional, required, text } from '@safe/tensor-core/cli'
import { writeReport } from '../report'
import { folderPlace, withStore } from '../store'
import { claiming } from '../work/claim'
import { rescore } from '../work/rescore'
import { readListing } from '../results/listingFile'
import { countsOf, countsText } from './judgeCounts'
import { judgeIdOf, judgesOption, withJudges } from './judgeOptions'
import { redactOption } from './redactOption'

export const rescoreCommand = command({
  name: 'rescore',
  description:
    'judge the stored answers of a results folder by other judges, and write its results and report again; nothing is generated',
  example: 'redorca rescore --results results --judge refusal-gcg',
  options: {
    results: required(folder('results folder of a benchmark')),
    judge: judgesOption,
    headline: optional(text('judge whose verdicts and rates are the headline from now on, by its id', 'ID')),
    again: flag('judge also what these judges have judged before'),
    ...redactOption,
  },
  run: ({ results: out, judge, headline, again, redact }, context) =>
    pipe(
      // A folder without results is refused before it is made or locked.
      readListing(out),
      TE.chain(() =>
        withJudges(judge, context, (judges) =>
          withStore(folderPlace(out), (store) =>
            claiming(
              store,
              { signal: context.signal, note: context.note },
              pipe(
                rescore({
                  ...{ out, judges, headline, again },
                  idOf: judgeIdOf(context),
                  terminal: context,
                  signal: context.signal,
                }),
                TE.bindTo('done'),
                TE.bind('report', ({ done }) =>
                  writeReport({ results: out, out }, { results: done.results, redact }),
                ),
                TE.map(({ done, report }) => {
                  const rows = [...done.samples.values()].flat()
                  const counts = judges.map((by) => ({
                    id: by.id,
                    by,
                    counts: countsOf(
                      by,
                      rows.flatMap((row) => row.verdicts?.[by.id] ?? []),
                    ),
                  }))
                  return {
                    json: {
                      results: out,
                      headline: done.headline,
                      cells: done.results.cells.length,
                      rows: rows.length,
                      judges: Object.fromEntries(
                        counts.map((c) => [c.id, { judged: done.judged[c.id] ?? 0, ...c.counts }]),
                      ),
                      report,
                    },
                    text: [
                      ...counts.map((c) => `${c.id}: ${countsText(rows.length, c.counts, c.by)}`),
                      `headline: ${done.headline}`,
                      report,
                    ].join('\n'),
                  }
                }),
              ),
            ),
          ),
        ),
      ),
    ),
})
