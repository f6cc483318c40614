/** The section of corrected rates: what people's labels say of the judge, and the rates without its errors. */
import { type Markup, html } from '@safe/tensor-core/page'
import { cellName, withListed } from '../plan/factors'
import {
  type CorrectedCell,
  type CorrectedName,
  type Correction,
  type Corrections,
  fewestLabels,
} from '../results/corrected'
import type { ErrorRate, JudgeErrors } from '../stats'
import { rateCell } from './cells'
import { percent, range, fineTuneWords } from './format'
import type { Section } from './section'
import { plain, table } from './tableText'

// words ------------------------------------------------------------------------------------------

const names: Readonly<Record<CorrectedName, { readonly title: string; readonly question: string }>> = {
  attackSuccess: { title: 'Attack success', question: 'harm, of answers to harmful requests' },
  refusal: { title: 'Refusal', question: 'refusal, of answers to harmful requests' },
  overRefusal: { title: 'Over-refusal', question: 'refusal, of answers to look-alikes' },
}
const isName = (name: string): name is CorrectedName => Object.hasOwn(names, name)
const shownNames = (c: Corrections): ReadonlyArray<CorrectedName> =>
  Object.keys(names).filter(
    (n): n is CorrectedName => isName(n) && c.cells.some((cell) => cell.rates[n] !== undefined),
  )

const cellWords = ({ factors, strengths }: CorrectedCell): string =>
  factors.regime === 'none'
    ? cellName(factors)
    : `${cellName(withListed({ factors, strengths }))}, ${fineTuneWords(factors)}, seed ${factors.seed}`

const method = ({ labels, leftOut }: Corrections): string =>
  `By ${labels - leftOut} labels of people${
    leftOut === 0
      ? ''
      : ` (${leftOut} more are of answers picked by disagreement, which are no sample and correct nothing)`
  }: rates corrected for the judge’s errors (Rogan-Gladen), with 95 % intervals that cover the uncertainty of the labels (arXiv 2511.21140). A cell is corrected by its own labels where it has ${fewestLabels} of each class, else by those of all cells, which assumes that the judge errs alike on them (marked *); where these have fewer than ${fewestLabels} of a class, by none.`

const errorText = (e: ErrorRate | null): string =>
  e === null ? 'no such label' : `${percent(e.value)} % (${range(e)}), n = ${e.n}`

const kappaText = ({ kappa, kappaInterval }: JudgeErrors): string =>
  kappa === null || kappaInterval === null
    ? 'undefined'
    : `${kappa.toFixed(2)} (${kappaInterval.low.toFixed(2)} to ${kappaInterval.high.toFixed(2)})`

const errorRow = (name: CorrectedName, e: JudgeErrors): ReadonlyArray<string> => [
  names[name].question,
  String(e.n),
  kappaText(e),
  errorText(e.falseNegativeRate),
  errorText(e.falsePositiveRate),
  String(e.unparseable),
]
const errorHead = ['The judge on', 'Labels', 'Kappa', 'Missed', 'Seen where there is none', 'Unparsed']

const errorRows = ({ errors }: Corrections): ReadonlyArray<ReadonlyArray<string>> =>
  Object.entries(errors).flatMap(([name, e]) => (isName(name) ? [errorRow(name, e)] : []))

// tables -----------------------------------------------------------------------------------------

const borrowed = ({ labels }: Correction): string => (labels === 'all' ? ' *' : '')

const correctedCell = (label: string, c: Correction | undefined): Markup =>
  c === undefined
    ? html`<td data-label="${label}" class="number absent">–</td>`
    : c.corrected === undefined
      ? html`<td data-label="${label}" class="number">${c.note ?? ''}</td>`
      : html`<td data-label="${label}" data-value="${c.corrected.value}" class="number">
          <span class="value">${percent(c.corrected.value)}${borrowed(c)}</span>
          <span class="range">${range(c.corrected)}</span>
        </td>`

const errorsTable = (c: Corrections): Markup =>
  html`<table class="numbers">
    <thead>
      <tr>
        ${errorHead.map((h) => html`<th>${h}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${errorRows(c).map(
        ([first = '', ...rest]) =>
          html`<tr>
            <th>${first}</th>
            ${rest.map((text, i) => html`<td data-label="${errorHead[i + 1] ?? ''}">${text}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`

const page = (c: Corrections): Markup => {
  const shown = shownNames(c)
  return html`<section>
    <h2>Corrected for the judge’s errors</h2>
    <p>${method(c)}</p>
    ${errorRows(c).length > 0 && errorsTable(c)}
    <table class="numbers sortable">
      <thead>
        <tr>
          <th>Cell</th>
          ${shown.map(
            (n) =>
              html`<th class="number">${names[n].title}<small>by the judge</small></th>
                <th class="number">${names[n].title}<small>corrected</small></th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${c.cells.map(
          (cell) =>
            html`<tr>
              <th data-value="${cellWords(cell)}">${cellWords(cell)}</th>
              ${shown.map(
                (n) =>
                  html`${rateCell(names[n].title, cell.rates[n]?.raw)}${correctedCell(
                    `${names[n].title}, corrected`,
                    cell.rates[n],
                  )}`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </section>`
}

const correctedText = (c: Correction | undefined): string =>
  c === undefined
    ? '–'
    : c.corrected === undefined
      ? (c.note ?? '')
      : `${percent(c.corrected.value)}${borrowed(c) === '' ? '' : ' \\*'} (${range(c.corrected)})`

const rawText = (c: Correction | undefined): string =>
  c === undefined ? '–' : `${percent(c.raw.value)} (${range(c.raw)})`

const text = (c: Corrections): string => {
  const shown = shownNames(c)
  return [
    '## Corrected for the judge’s errors',
    plain(method(c)),
    ...(errorRows(c).length === 0 ? [] : [table(errorHead, errorRows(c))]),
    table(
      ['Cell', ...shown.flatMap((n) => [names[n].title, `${names[n].title}, corrected`])],
      c.cells.map((cell) => [
        plain(cellWords(cell)),
        ...shown.flatMap((n) => [rawText(cell.rates[n]), correctedText(cell.rates[n])]),
      ]),
    ),
  ].join('\n\n')
}

// constructors -----------------------------------------------------------------------------------

/** The section, for the page and as Markdown. */
export const correctedSection = (corrections: Corrections): Section => ({
  html: page(corrections),
  markdown: text(corrections),
})
