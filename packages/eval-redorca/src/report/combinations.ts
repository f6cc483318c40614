/** The tables of a regime: all combinations with intervals, and controls beside the methods that they control for. */
import { type Markup, html } from '@safe/tensor-core/page'
import { stages } from '@safe/tensor-core/contracts'
import { combinationName, defendedStages, modelPrefix } from '../plan/factors'
import type { GroupResult } from '../results/results'
import { changeCell, columns, metricCells } from './cells'
import { regimeShort, rowName } from './format'
import { type Reading, type RegimeReading, byMerit } from './reading'

// model ------------------------------------------------------------------------------------------

export interface TableLook {
  readonly code: (g: GroupResult) => string
  /** Whether rows link to their samples. */
  readonly linked: boolean
}

// parts ------------------------------------------------------------------------------------------

const heads: ReadonlyArray<string> = ['nothing', 'one defence', 'two defences', 'three defences', 'all four']

const samplesLink = (g: GroupResult, text: string, linked: boolean): Markup => {
  const [first] = g.cells
  return first === undefined || !linked
    ? html`${text}`
    : html`<a href="cells/${first}/samples.jsonl" title="all answers of this cell">${text}</a>`
}

interface RowLook {
  readonly name: string
  readonly code: string
  readonly best?: boolean
  readonly linked: boolean
}

const row = (g: GroupResult, { name, code, best = false, linked }: RowLook): Markup =>
  html`<tr${best ? html` class="best"` : html``}>
    <th scope="row" data-value="${code}"><div class="who"><span class="code">${code}</span><span>${samplesLink(g, name, linked)}${best ? html` <span class="tag">headline</span>` : html``}</span></div></th>
    ${metricCells(g)}${changeCell('Change in attack success', g.differences.attackSuccess)}
  </tr>`

const band = (text: string): Markup =>
  html`<tr class="band">
    <th colspan="${columns.length + 2}" scope="rowgroup">${text}</th>
  </tr>`

const head = html`<thead>
  <tr>
    <th scope="col" class="first">Defences</th>
    ${columns.map(
      ({ name, short, better }) =>
        html`<th scope="col" class="number">${name}<small>${short}; ${better} is better</small></th>`,
    )}
    <th scope="col" class="number">Change<small>in attack success, points</small></th>
  </tr>
</thead>`

// tables -----------------------------------------------------------------------------------------

export const combinationsTable = (regime: RegimeReading, { code, linked }: TableLook): Markup => {
  const references = [regime.before.base, regime.before.aligned].filter((g) => g !== undefined)
  const groups = stages.map((_, i) =>
    regime.defended.filter((g) => defendedStages(g.factors).length === i + 1).sort(byMerit),
  )
  const body = (rows: ReadonlyArray<Markup>, name: string): Markup =>
    rows.length === 0
      ? html``
      : html`<tbody>
          ${band(name)}${rows}
        </tbody>`
  return html`<table class="numbers sortable">
    <caption>
      All numbers in percent with their 95 %
      intervals.${linked && html` The name of a row links to its answers.`}
    </caption>
    ${head}
    ${body(
      references.map((g) => row(g, { name: `${g.factors.model} model`, code: '', linked })),
      'before fine-tuning',
    )}
    ${body(
      regime.none === undefined
        ? []
        : [row(regime.none, { name: 'no defence', code: '', best: regime.none === regime.best, linked })],
      'fine-tuned, undefended',
    )}
    ${groups.map((members, i) =>
      body(
        members.map((g) =>
          row(g, { name: combinationName(g.factors), code: code(g), best: g === regime.best, linked }),
        ),
        heads[i + 1] ?? '',
      ),
    )}
  </table>`
}

/** Each control beside the methods of its stage, without defences of other stages. */
export const controlsTable = (regime: RegimeReading, { code, linked }: TableLook): Markup | undefined => {
  if (regime.controls.length === 0) return undefined
  const staged = stages.flatMap((stage) => {
    const controls = regime.controls.filter((g) => g.factors[stage] !== 'none')
    const methods = regime.defended.filter(
      (g) => defendedStages(g.factors).length === 1 && g.factors[stage] !== 'none',
    )
    return controls.length === 0 ? [] : [{ stage, methods, controls }]
  })
  return html`<table class="numbers">
    ${head}
    ${staged.map(
      ({ stage, methods, controls }) =>
        html`<tbody>
          ${band(`${stage} stage, no other defence`)}${
            regime.none === undefined ? html`` : row(regime.none, { name: 'no defence', code: '', linked })
          }${methods.map((g) =>
            row(g, { name: combinationName(g.factors), code: code(g), linked }),
          )}${controls.map((g) => row(g, { name: rowName(combinationName(g.factors), g), code: code(g), linked }))}
        </tbody>`,
    )}
  </table>`
}

/** Methods and controls as configured, each alone, where the other tables show selected strengths. */
export const publishedTable = (regime: RegimeReading, { code, linked }: TableLook): Markup | undefined =>
  regime.published.length === 0
    ? undefined
    : html`<table class="numbers sortable">
        <caption>
          As configured, by default the published options; at other utilities than in the table above, so
          these rows cannot be ranked by one column.
        </caption>
        ${head}
        <tbody>
          ${regime.none === undefined ? html`` : row(regime.none, { name: 'no defence', code: '', linked })}
          ${[...regime.published].sort(byMerit).map((g) =>
            row(g, {
              name: rowName(combinationName(g.factors), g),
              code: code(g),
              linked,
            }),
          )}
        </tbody>
      </table>`

/** Attack success of every combination of every aligned model and regime, where there are several. */
export const regimesTable = (reading: Reading): Markup | undefined => {
  if (reading.regimes.length < 2) return undefined
  const all = reading.regimes.flatMap((r) => [...(r.none === undefined ? [] : [r.none]), ...r.defended])
  const names = [
    ...new Set(
      [0, 1, 2, 3, 4].flatMap((n) =>
        all.filter((g) => defendedStages(g.factors).length === n).map((g) => combinationName(g.factors)),
      ),
    ),
  ]
  const find = (r: RegimeReading, name: string): GroupResult | undefined =>
    [...(r.none === undefined ? [] : [r.none]), ...r.defended].find(
      (g) => combinationName(g.factors) === name,
    )
  const shown = (g: GroupResult | undefined, metric: 'attackSuccess' | 'exactMatch'): string =>
    g?.metrics[metric] === undefined ? '–' : (100 * g.metrics[metric].value).toFixed(0)
  return html`<table class="matrix">
    <caption>
      Attack success, and in small type the task solved, in percent, by the share of harmful rows in the
      fine-tuning data.
    </caption>
    <thead>
      <tr>
        <th scope="col">Defences</th>
        ${reading.regimes.map((r) => html`<th scope="col" class="number">${modelPrefix(r)}${regimeShort(r.regime)}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${names.map(
        (name) =>
          html`<tr>
            <th scope="row">${name}</th>
            ${reading.regimes.map((r) => {
              const g = find(r, name)
              const heat = g?.metrics.attackSuccess?.value ?? 0
              return html`<td class="number" style="--heat:${heat.toFixed(3)}">
                ${shown(g, 'attackSuccess')} <small>${shown(g, 'exactMatch')}</small>
              </td>`
            })}
          </tr>`,
      )}
    </tbody>
  </table>`
}
