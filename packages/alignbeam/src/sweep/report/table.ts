/** One row per setting: rates with intervals, time, and what the mixed steps did. */
import { type Markup, html } from '@safe/tensor-core/page'
import { settingWords } from '../grid'
import type { Rate } from '../rates'
import type { SettingResult, SweepResults } from '../results'
import { percent, range, secondsWords, significant, timesDraft } from './words'

// model ------------------------------------------------------------------------------------------

interface Column {
  readonly name: string
  readonly cell: (s: SettingResult) => Markup
  /** The same in a text report. */
  readonly text: (s: SettingResult) => string
}

// columns ----------------------------------------------------------------------------------------

const rateColumn = (name: string, of: (s: SettingResult) => Rate | null | undefined): Column => ({
  name,
  cell: (s) => {
    const rate = of(s)
    return rate === null || rate === undefined
      ? html`–`
      : html`${percent(rate.value)}<span class="range">${range(rate)}</span>`
  },
  text: (s) => {
    const rate = of(s)
    return rate === null || rate === undefined ? '–' : `${percent(rate.value)} (${range(rate)})`
  },
})

const textColumn = (name: string, text: (s: SettingResult) => string): Column => ({
  name,
  text,
  cell: (s) => html`${text(s)}`,
})

const timeColumn = (results: SweepResults): Column => {
  const times = (s: SettingResult): string | undefined => timesDraft(results, s)
  return {
    name: 'time per prompt',
    cell: (s) =>
      html`${secondsWords(s.secondsPerPrompt)}${
        times(s) !== undefined && html`<span class="range">${times(s)} x draft</span>`
      }`,
    text: (s) =>
      `${secondsWords(s.secondsPerPrompt)}${times(s) === undefined ? '' : ` (${times(s) ?? ''} x draft)`}`,
  }
}

/** What the mixed steps of a setting did; baselines have none. */
const mixedColumn = (name: string, of: (t: SettingResult['telemetry']) => string): Column =>
  textColumn(name, (s) => (s.method === 'alignbeam' ? of(s.telemetry) : '–'))

/** The columns of these results; the task's only where one was measured. */
export const columnsOf = (results: SweepResults): ReadonlyArray<Column> => [
  rateColumn('harmful refused,\u00a0%', (s) => s.refusal),
  rateColumn('benign refused,\u00a0%', (s) => s.overRefusal),
  rateColumn('degenerate,\u00a0%', (s) => s.degenerate),
  ...(results.settings.some((s) => s.task !== undefined)
    ? [rateColumn('task solved,\u00a0%', (s) => s.task)]
    : []),
  timeColumn(results),
  textColumn('tokens per second', (s) => significant(s.tokensPerSecond)),
  mixedColumn('mass carried over,\u00a0%', (t) => percent(t.mappedMass)),
  mixedColumn('fall-backs per prompt', (t) => t.fallbacks.toFixed(1)),
]

/** `alpha 0.5, N 6, K 3 (recommended)` */
export const rowName = (results: SweepResults, s: SettingResult): string =>
  `${settingWords(s)}${s.name === results.recommended.setting ? ' (recommended)' : ''}${
    results.front.includes(s.name) ? '' : ' *'
  }`

/** What the star says. */
export const starNote = '* another setting or baseline is no worse in both rates and better in one'

// constructors -----------------------------------------------------------------------------------

/** @param caption which rows the rates are of */
export const table = (results: SweepResults, caption: string): Markup => {
  const columns = columnsOf(results)
  return html`<table>
    <caption>
      ${caption} ${starNote}.
    </caption>
    <thead>
      <tr>
        <th class="number">no.</th>
        <th>setting</th>
        ${columns.map(({ name }) => html`<th class="number">${name}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${results.settings.map(
        (s, i) =>
          html`<tr ${s.name === results.recommended.setting && html`class="best"`}>
            <td class="number place">${i + 1}</td>
            <th scope="row">${rowName(results, s)}</th>
            ${columns.map(({ name, cell }) => html`<td class="number" data-label="${name}">${cell(s)}</td>`)}
          </tr>`,
      )}
    </tbody>
  </table>`
}
