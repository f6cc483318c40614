/** The rates of every judge and their disagreements as Markdown. */
import { rowName } from './format'
import { verdictWords } from '../results/disagreements'
import type { GroupResult, Results } from '../results/results'
import type { Sample } from '../suite/samples'
import type { Estimate } from '../stats'
import { comparedJudges, disputesOf, judgeColumns, mostShown } from './byJudge'
import { groupName } from './judges'

/** What the document gives: its own table, its escaping and its way to write a rate. */
export interface TextLook {
  readonly plain: (text: string) => string
  readonly table: (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>) => string
  readonly rate: (e: Estimate | undefined) => string
}

/** Longest text of an answer. */
const longest = 300

/** Text of a model, which may hold any markup, on one line. */
const quoted = (plain: TextLook['plain'], text: string): string =>
  plain(text.length > longest ? `${text.slice(0, longest)}…` : text).replace(/([[\]#>!&~])/g, '\\$1')

/** The part of a regime; empty where one judge measured. */
export const byJudgeText = (
  results: Results,
  groups: ReadonlyArray<GroupResult>,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
  { plain, table, rate }: TextLook,
): ReadonlyArray<string> => {
  const judges = comparedJudges(results, groups)
  if (judges.length === 0) return []
  const { disputes, answers } = disputesOf(judges, groups, samples)
  return [
    '### By judge',
    ...judgeColumns.map(({ metric, name }) =>
      [
        `${name}, the same answers by each judge:`,
        table(
          ['Defences', ...judges.map(({ id }) => plain(id))],
          groups.map((g) => [
            plain(rowName(groupName(g), g)),
            ...judges.map(({ id }) => rate(g.metrics.byJudge?.[id]?.[metric])),
          ]),
        ),
      ].join('\n\n'),
    ),
    ...(samples.size === 0
      ? []
      : disputes.length === 0
        ? [`The judges agree about all ${answers} answers.`]
        : [
            `The judges disagree about ${disputes.length} of ${answers} answers${disputes.length > mostShown ? `; the ${mostShown} widest` : ''}:`,
            disputes
              .slice(0, mostShown)
              .map(
                ({ sample, group, gap, about }) =>
                  `- ${gap === null ? about.join(', ') : `distance ${gap.toFixed(2)}`} (${sample.set}, ${plain(groupName(group))}): ${quoted(plain, sample.prompt)} — ${quoted(plain, sample.completion)} — ${judges
                    .map((judge) => `${plain(judge.id)}: ${verdictWords(judge, sample.verdicts?.[judge.id])}`)
                    .join('; ')}`,
              )
              .join('\n'),
          ]),
  ]
}
