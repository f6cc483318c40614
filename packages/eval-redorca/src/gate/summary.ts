/** A gate as Markdown for the summary of a CI job, which is appended to: other steps write into the same file. */
import type { Check, Checked } from './checks'
import { markdownText } from './escaped'
import type { Side } from './side'
import { percent } from '../report/format'
import { table } from '../report/tableText'
import { cellWords } from './cellChoice'
import { checkName, rateWords, sizeText, undecidedWords, verdictLine, verdictWord, worseWords } from './words'

// parts ------------------------------------------------------------------------------------------

const row = (check: Check): ReadonlyArray<string> => [
  markdownText(checkName(check)),
  rateWords(check.baseline),
  rateWords(check.candidate),
  worseWords(check),
  percent(check.margin),
  sizeText(check),
  check.passed === true ? verdictWord(check.passed) : `**${verdictWord(check.passed)}**`,
]

/** The table of checks. */
export const checksTable = (checks: ReadonlyArray<Check>): string =>
  table(
    ['Check', 'Baseline', 'Candidate', 'Worse by, points (95 %)', 'Margin', 'Items', 'Verdict'],
    checks.map(row),
  )

/** What was compared. */
export const comparedLine = (baseline: Side, candidate: Side): string =>
  `Suite ${markdownText(candidate.listing.suite)}, judge ${markdownText(candidate.judge.id)}; baseline ${markdownText(cellWords(baseline.cell))}, candidate ${markdownText(cellWords(candidate.cell))}.`

// constructors -----------------------------------------------------------------------------------

/** The section, with blank lines around it. @param warnings lines that a reader of the verdict should know */
export const summaryText = (
  found: Checked,
  baseline: Side,
  candidate: Side,
  warnings: ReadonlyArray<string>,
): string => {
  const notes = [
    ...found.checks.flatMap((check) => {
      const why = undecidedWords(check)
      return why === undefined ? [] : [`${checkName(check)} is undecided: ${why}`]
    }),
    ...found.unchecked.map((why) => `not checked: ${why}`),
    ...warnings,
  ]
  return `\n${[
    `## Safety gate: ${verdictWord(found.passed)}`,
    markdownText(verdictLine(found)),
    checksTable(found.checks),
    ...(notes.length === 0 ? [] : [notes.map((note) => `- ${markdownText(note)}`).join('\n')]),
    comparedLine(baseline, candidate),
  ].join('\n\n')}\n`
}
