/** The sensitivity study as one page: quality over safe steps, a line for each size of the safe set and a panel for each threshold. */
import { type Markup, html } from '@safe/tensor-core/page'
import { places } from './format'
import {
  COLOURS,
  type SensitivityMeasure,
  type SensitivityRow,
  colourOf,
  distinct,
  sensitivityPanel,
} from './sensitivityPlot'
import { framed } from './shell'

// model ------------------------------------------------------------------------------------------

export interface SensitivityReport {
  /** The labelled data's name. */
  readonly name: string
  readonly signal: string
  readonly rows: ReadonlyArray<SensitivityRow>
}

const figures: ReadonlyArray<SensitivityMeasure & { readonly note: string }> = [
  {
    metric: 'f1',
    title: 'F1 of the filter',
    note: 'The harmonic mean of precision and recall of the dropped rows against the labels. Higher is better.',
  },
  { metric: 'recall', title: 'Unsafe rows dropped', note: 'A share of the unsafe rows. Higher is better.' },
  {
    metric: 'benignLost',
    title: 'Benign rows dropped',
    note: 'A share of the benign rows. Lower is better.',
  },
]

// figures ----------------------------------------------------------------------------------------

const figure = (shown: (typeof figures)[number], rows: ReadonlyArray<SensitivityRow>): Markup => {
  const phis = distinct(rows.map((r) => r.phi))
  // Four panels are two and two, not three and one.
  const inPairs = phis.length === 2 || phis.length === 4
  return html`<h2>${shown.title}</h2>
    <figure>
      <div class="panels${inPairs && ' pairs'}">
        ${phis.map((phi) =>
          sensitivityPanel(
            shown,
            rows.filter((r) => r.phi === phi),
            phi,
          ),
        )}
      </div>
      <ul class="keys">
        ${distinct(rows.map((r) => r.safeRows)).map(
          (rowsOfSet, i) =>
            html`<li class="line ${colourOf(i)}">
              <svg class="sample" viewBox="0 0 24 12" aria-hidden="true"><path d="M0 6H24" /></svg
              >${rowsOfSet} safe rows
            </li>`,
        )}
      </ul>
      <figcaption>${shown.note}</figcaption>
    </figure>`
}

// table ------------------------------------------------------------------------------------------

const table = (rows: ReadonlyArray<SensitivityRow>): Markup =>
  html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th class="number">steps</th>
          <th class="number">safe rows</th>
          <th class="number">phi</th>
          <th class="number">precision</th>
          <th class="number">recall</th>
          <th class="number">F1</th>
          <th class="number">AUROC</th>
          <th class="number">benign lost</th>
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (r) =>
            html`<tr>
              <td class="number">${r.steps}</td>
              <td class="number">${r.safeRows}</td>
              <td class="number">${r.phi}</td>
              ${[r.precision, r.recall, r.f1, r.auroc, r.benignLost].map(
                (value) => html`<td class="number">${places(value)}</td>`,
              )}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`

// constructors -----------------------------------------------------------------------------------

const sensitivityStyle = `
:root{--c0:#0072b2;--c1:#d55e00;--c2:#00805c;--c3:#b4508f;--c4:#8a6a00}
@media (prefers-color-scheme:dark){:root{--c0:#56b4e9;--c1:#f0883e;--c2:#3fcf9f;--c3:#e59ac6;--c4:#e0c04a}}
.panels{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(280px,100%),1fr));gap:14px 22px}
.panels.pairs{grid-template-columns:repeat(auto-fit,minmax(min(380px,100%),1fr))}
.line path{fill:none;stroke-width:2}.line.dashed path{stroke-dasharray:5 3}
${Array.from({ length: COLOURS }, (_, i) => `.line.c${i} path{stroke:var(--c${i})}.line.c${i} circle{fill:var(--c${i})}`).join('')}
.keys .sample{width:24px;height:12px}
.wide{overflow-x:auto}
@media (max-width:700px){.wide table{font-size:.72rem}.wide th,.wide td{padding-left:3px;padding-right:3px}.wide thead th{white-space:normal;overflow-wrap:normal}}
`

/** The page's HTML. */
export const sensitivityPage = ({ name, signal, rows }: SensitivityReport): string =>
  framed(
    'ForgetFilter: sensitivity',
    html`<h1>Sensitivity of the filter</h1>
      <p class="meta">${name}, signal ${signal}</p>
      ${figures.map((shown) => figure(shown, rows))}
      <h2>All points</h2>
      ${table(rows)}`,
    sensitivityStyle,
  )
