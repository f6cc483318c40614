/** The same report as text. */
import type { SweepReport } from './report'
import { statedWords } from './report'
import { columnsOf, rowName, starNote } from './table'
import { against, cautions, recommendation } from './words'

/** Text in a cell of a table, or in a paragraph: nothing of it is markup. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\|*_`<>[\]#]/g, '\\$&')

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(' | ')} |`

/** The report in Markdown. */
export const sweepMarkdown = ({ results, setup, notes }: SweepReport): string => {
  const columns = columnsOf(results)
  return [
    '# Settings of AlignBeam',
    plain(recommendation(results)),
    ...cautions(results).map((text) => `> ${plain(text)}`),
    results.differences.map((d) => `- ${plain(against(d))}`).join('\n'),
    `${plain(statedWords(results))} ${plain(starNote)}.`,
    [
      line(['no.', 'setting', ...columns.map(({ name }) => name)]),
      line(['--:', '---', ...columns.map(() => '--:')]),
      ...results.settings.map((s, i) =>
        line([String(i + 1), plain(rowName(results, s)), ...columns.map(({ text }) => plain(text(s)))]),
      ),
    ].join('\n'),
    ...notes.map(plain),
    setup.map(([name, value]) => `- ${plain(name)}: ${plain(value)}`).join('\n'),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('\n')
}
