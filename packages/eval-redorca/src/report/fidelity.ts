/** How faithful the methods that ran are to what was published: a table of words. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { MethodFidelity } from '../results/fidelity'
import type { Results } from '../results/results'
import { plain } from './tableText'

const columns = [
  { field: 'source', name: 'Source' },
  { field: 'formula', name: 'Formula and checks' },
  { field: 'defaults', name: 'Defaults' },
  { field: 'differs', name: 'What differs' },
] as const

const explanation =
  'As the methods’ packages say: where each formula is from, how it was checked, whose values the defaults are, and what differs from what was published.'

const wordsOf = (fidelity: MethodFidelity, field: (typeof columns)[number]['field']): string =>
  field === 'source' && fidelity.commit !== undefined
    ? `${fidelity.source} (compared with ${fidelity.commit})`
    : fidelity[field]

/** What is narrow stacks the cells under their columns' names. */
export const fidelityStyle = `
.fidelity td{min-width:9em}.fidelity tbody th{min-width:8.5em}
@media (max-width:760px){
.fidelity,.fidelity tbody,.fidelity tr,.fidelity th,.fidelity td,.fidelity caption{display:block;width:100%}
.fidelity thead{display:none}
.fidelity tr{padding:10px 0;border-bottom:1px solid var(--line)}
.fidelity tbody th{border:0;padding:2px 0;font-weight:600}
.fidelity td{border:0;padding:4px 0}
.fidelity td::before{content:attr(data-label);display:block;color:var(--soft);font-size:.78rem}
}
`

/** The section; undefined where no method says anything, as in results of earlier versions. */
export const fidelitySection = ({ stamp: { fidelity = [] } }: Pick<Results, 'stamp'>): Markup | undefined =>
  fidelity.length === 0
    ? undefined
    : html`<section>
        <h2>How faithful the methods are</h2>
        <table class="fidelity">
          <caption>
            ${explanation}
          </caption>
          <thead>
            <tr>
              <th scope="col">Method</th>
              ${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${fidelity.map(
              (one) =>
                html`<tr>
                  <th scope="row">${one.method} <small>${one.stage}</small></th>
                  ${columns.map(
                    ({ field, name }) => html`<td data-label="${name}">${wordsOf(one, field)}</td>`,
                  )}
                </tr>`,
            )}
          </tbody>
        </table>
      </section>`

/** The same as Markdown: a list, for tables of words cannot be read there. */
export const fidelityText = ({ stamp: { fidelity = [] } }: Pick<Results, 'stamp'>): ReadonlyArray<string> =>
  fidelity.length === 0
    ? []
    : [
        '## How faithful the methods are',
        explanation,
        fidelity
          .map(
            (one) =>
              `- **${plain(one.method)}** (${one.stage}). ${columns
                .map(({ field, name }) => `${name}: ${plain(wordsOf(one, field)).replace(/\.?$/, '.')}`)
                .join(' ')}`,
          )
          .join('\n'),
      ]
