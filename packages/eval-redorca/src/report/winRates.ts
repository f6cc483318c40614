/** The section of win rates: defended against undefended answers, by judges of pairs. */
import { type Markup, html } from '@safe/tensor-core/page'
import { cellName, withListed } from '../plan/factors'
import type { WinRates } from '../pairs/winRate'
import { comparisonKey, comparisonsOf } from '../results/comparisons'
import type { CellResult, Results } from '../results/results'
import { type WinRatesFile, entryRates } from '../results/winRatesFile'
import type { Estimate } from '../stats'
import { type Sample } from '../suite/samples'
import { evaluationSets } from '../suite/suite'
import { rateCell } from './cells'
import { percent, range, fineTuneWords } from './format'
import type { Section } from './section'
import { plain, table } from './tableText'

// model ------------------------------------------------------------------------------------------

interface Line {
  readonly cell: CellResult
  readonly judge: string
  readonly rates: WinRates
}

// parts ------------------------------------------------------------------------------------------

/** The entries whose answers are still those of the cells, in the order of the cells. */
const linesOf = (
  file: WinRatesFile,
  results: Results,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
): ReadonlyArray<Line> => {
  const sets = evaluationSets.filter((set) => file.sets.includes(set))
  const [seed = 42] = results.stamp.seeds
  return comparisonsOf(results, samples, sets).flatMap((comparison) =>
    file.comparisons
      .filter((e) => e.cell === comparison.cell.id && e.key === comparisonKey(comparison, e.judge))
      .map((e) => ({
        cell: comparison.cell,
        judge: e.judge,
        rates: entryRates(comparison, e, file.safetySets, seed),
      })),
  )
}

const setNames = (lines: ReadonlyArray<Line>): ReadonlyArray<string> => [
  ...new Set(lines.flatMap(({ rates }) => Object.keys(rates.sets ?? {}))),
]

const lineName = ({ cell, judge }: Line): string =>
  `${cellName(withListed(cell))}, ${fineTuneWords(cell.factors)}, seed ${cell.factors.seed}, by ${judge}`

const words = (stale: number): string =>
  `How often a judge of pairs prefers the defended model’s answer to the undefended one’s of the same data and seed: asked in both orders, ties and answers that change with the order half; 50 % is no difference. Intervals draw prompts. Safety Avg. is the mean over the safety sets.${
    stale === 0 ? '' : ` ${stale} comparisons are of other answers than the cells have now, and are left out.`
  }`

const counts = ({ rates }: Line): string =>
  `${rates.n} pairs, ${rates.ties} ties, ${rates.inconsistent} changed with the order${
    rates.unparseable === 0
      ? ''
      : `, ${rates.unparseable} unparsed (bounds ${percent(rates.bounds?.low ?? 0)}–${percent(rates.bounds?.high ?? 1)})`
  }`

const columnsOf = (
  lines: ReadonlyArray<Line>,
): ReadonlyArray<{ readonly name: string; readonly of: (rates: WinRates) => Estimate | undefined }> => [
  ...(lines.some(({ rates }) => rates.safetyAvg !== undefined)
    ? [{ name: 'Safety Avg.', of: (rates: WinRates) => rates.safetyAvg }]
    : []),
  { name: 'All', of: (rates) => rates.winRate ?? undefined },
  ...setNames(lines).map((name) => ({
    name,
    of: (rates: WinRates) => rates.sets?.[name]?.winRate ?? undefined,
  })),
]

const page = (lines: ReadonlyArray<Line>, stale: number): Markup => {
  const columns = columnsOf(lines)
  return html`<section>
    <h2>Win rates against no defence</h2>
    <p>${words(stale)}</p>
    <table class="numbers sortable">
      <thead>
        <tr>
          <th>Defences</th>
          ${columns.map(({ name }) => html`<th class="number">${name}</th>`)}
          <th>Pairs</th>
        </tr>
      </thead>
      <tbody>
        ${lines.map(
          (line) =>
            html`<tr>
              <th data-value="${lineName(line)}">${lineName(line)}</th>
              ${columns.map(({ name, of }) => rateCell(name, of(line.rates)))}
              <td data-label="Pairs" data-value="${line.rates.n}">${counts(line)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

const rateText = (e: Estimate | undefined): string =>
  e === undefined ? '–' : `${percent(e.value)} (${range(e)})`

const text = (lines: ReadonlyArray<Line>, stale: number): string => {
  const columns = columnsOf(lines)
  return [
    '## Win rates against no defence',
    words(stale),
    table(
      ['Defences', ...columns.map((c) => plain(c.name)), 'Pairs'],
      lines.map((line) => [
        plain(lineName(line)),
        ...columns.map(({ of }) => rateText(of(line.rates))),
        counts(line),
      ]),
    ),
  ].join('\n\n')
}

// constructors -----------------------------------------------------------------------------------

/** The section; none where nothing current was compared. */
export const winRatesSection = (
  file: WinRatesFile,
  results: Results,
  samples: ReadonlyMap<string, ReadonlyArray<Sample>>,
): ReadonlyArray<Section> => {
  const lines = linesOf(file, results, samples)
  const stale = file.comparisons.length - lines.length
  return lines.length === 0 ? [] : [{ html: page(lines, stale), markdown: text(lines, stale) }]
}
