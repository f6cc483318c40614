/** Perplexity of the models of a regime, where the suite has texts for it. */
import { type Markup, html } from '@safe/tensor-core/page'
import { rowName } from './format'
import type { GroupResult } from '../results/results'
import { groupName } from './judges'
import { plain, table } from './tableText'

const words =
  'Perplexity of the suite’s texts by each model after its weights defences, with its 95 % interval; a decoding defence does not change it.'

const shown = (x: number): string => (x < 100 ? x.toFixed(2) : x.toFixed(0))

interface Row {
  readonly name: string
  readonly value: string
  readonly range: string
}

/** Models that differ in decoding alone have the same perplexity: those are left out. */
const rowsOf = (groups: ReadonlyArray<GroupResult>): ReadonlyArray<Row> =>
  groups.flatMap((g) => {
    const { perplexity } = g.metrics
    return perplexity === undefined || g.factors.decoding !== 'none'
      ? []
      : [
          {
            name: rowName(groupName(g), g),
            value: shown(perplexity.value),
            range: `${shown(perplexity.low)}–${shown(perplexity.high)}`,
          },
        ]
  })

/** The table of a regime; undefined where it was not measured. */
export const perplexityTable = (groups: ReadonlyArray<GroupResult>): Markup | undefined => {
  const rows = rowsOf(groups)
  return rows.length === 0
    ? undefined
    : html`<table class="numbers">
        <caption>
          ${words}
        </caption>
        <thead>
          <tr>
            <th scope="col" class="first">Defences</th>
            <th scope="col" class="number">Perplexity<small>low is better</small></th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ name, value, range }) =>
              html`<tr>
                <th scope="row">${name}</th>
                <td data-label="Perplexity" class="number">
                  <span class="value">${value}</span> <span class="range">${range}</span>
                </td>
              </tr>`,
          )}
        </tbody>
      </table>`
}

/** The same as Markdown; none where it was not measured. */
export const perplexityText = (groups: ReadonlyArray<GroupResult>): ReadonlyArray<string> => {
  const rows = rowsOf(groups)
  return rows.length === 0
    ? []
    : [
        words,
        table(
          ['Defences', 'Perplexity'],
          rows.map(({ name, value, range }) => [plain(name), `${value} (${range})`]),
        ),
      ]
}
