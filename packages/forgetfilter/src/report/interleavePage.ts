/** The result of interleaved training as one page: attack success after each phase as a plot and a table. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { Arm, PhaseResult, RateEstimate } from '../interleave/interleave'
import { arms } from '../interleave/interleave'
import { gridLine } from './gridLine'
import { framed } from './shell'

// model ------------------------------------------------------------------------------------------

export interface InterleaveReport {
  readonly results: ReadonlyArray<PhaseResult>
  readonly judge: string
  /** The file of the prompts. */
  readonly prompts: string
}

const armNames: Readonly<Record<Arm, string>> = { plain: 'without the filter', filtered: 'with ForgetFilter' }
/** Colours of the page's style: dropped rows' for the arm without, kept rows' for the arm with the filter. */
const armClass: Readonly<Record<Arm, string>> = { plain: 'dropped', filtered: 'kept' }

const phaseName = ({ round, phase }: PhaseResult): string =>
  phase === 'start' ? 'start' : `${phase} ${round}`

// plot -------------------------------------------------------------------------------------------

const size = { width: 720, height: 320, left: 46, right: 20, top: 38, bottom: 44 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const at = (x: number): string => x.toFixed(1)
const y = (rate: number): number => size.top + (1 - rate) * inner.height

interface Series {
  readonly arm: Arm
  readonly points: ReadonlyArray<{ readonly phase: string; readonly rate: RateEstimate | null }>
}

const plot = (title: string, series: ReadonlyArray<Series>): Markup => {
  const phases = series[0]?.points.map(({ phase }) => phase) ?? []
  const x = (i: number, arm: Arm): number =>
    size.left + ((i + 0.5) * inner.width) / phases.length + (arm === 'plain' ? -3 : 3)
  // With many phases only every n-th has room for its name.
  const every = Math.ceil(phases.length / 9)
  return html`<svg
    class="plot"
    viewBox="0 0 ${size.width} ${size.height}"
    role="img"
    aria-label="${title} after each phase"
  >
    <text x="0" y="16">percent</text>
    ${[0, 0.25, 0.5, 0.75, 1].map((t) => gridLine(size, y(t), 100 * t))}${phases
      .map(
        (phase, i) =>
          i % every === 0 &&
          html`<text
            x="${at(size.left + ((i + 0.5) * inner.width) / phases.length)}"
            y="${size.height - 20}"
            text-anchor="middle"
            >${phase}</text
          >`,
      )
      .flatMap((label) => (label === false ? [] : [label]))}
    ${series.map(({ arm, points }) => {
      const known = points.flatMap(({ rate, phase }, i) => (rate === null ? [] : [{ rate, phase, i }]))
      return html`<g class="${armClass[arm]} series">
        <path
          d="${known.map(({ rate, i }, k) => `${k === 0 ? 'M' : 'L'}${at(x(i, arm))} ${at(y(rate.value))}`).join('')}"
        />
        ${known.map(
          ({ rate, phase, i }) =>
            html`<g
              ><title>
                ${armNames[arm]}, ${phase}: ${(100 * rate.value).toFixed(1)} % (${(100 * rate.low).toFixed(1)}
                to ${(100 * rate.high).toFixed(1)}, n ${rate.n})</title
              ><line
                x1="${at(x(i, arm))}"
                x2="${at(x(i, arm))}"
                y1="${at(y(rate.low))}"
                y2="${at(y(rate.high))}" /><circle cx="${at(x(i, arm))}" cy="${at(y(rate.value))}" r="4.5"
            /></g>`,
        )}
      </g>`
    })}
  </svg>`
}

const figure = (
  title: string,
  note: string,
  results: ReadonlyArray<PhaseResult>,
  rateOf: (result: PhaseResult) => RateEstimate | null,
): Markup => {
  const series = arms.flatMap((arm) => {
    const points = results
      .filter((result) => result.arm === arm)
      .map((result) => ({ phase: phaseName(result), rate: rateOf(result) }))
    return points.length === 0 ? [] : [{ arm, points }]
  })
  return html`<h2>${title}</h2>
    <figure>
      ${plot(title, series)}
      <ul class="keys">
        ${series.map(
          ({ arm }) =>
            html`<li>
              <svg viewBox="0 0 12 12" aria-hidden="true">
                <rect class="${armClass[arm]}" width="12" height="12" /></svg
              >${armNames[arm]}
            </li>`,
        )}
      </ul>
      <figcaption>${note}</figcaption>
    </figure>`
}

// table ------------------------------------------------------------------------------------------

const cell = (rate: RateEstimate | null | undefined): Markup =>
  rate === null || rate === undefined
    ? html`<td class="number">–</td>`
    : html`<td class="number">
        ${(100 * rate.value).toFixed(1)}
        <span class="range">${(100 * rate.low).toFixed(1)}–${(100 * rate.high).toFixed(1)}</span>
      </td>`

const table = (results: ReadonlyArray<PhaseResult>): Markup => {
  const withTask = results.some(({ task }) => task !== undefined)
  return html`<div class="wide">
    <table>
      <caption>
        Rates in percent with 95 % Wilson intervals; rows that the phase trained on, and those the filter left
        out.
      </caption>
      <thead>
        <tr>
          <th>phase</th>
          <th>arm</th>
          <th class="number">rows</th>
          <th class="number">dropped</th>
          <th class="number">attack success</th>
          ${withTask && html`<th class="number">task</th>`}
        </tr>
      </thead>
      <tbody>
        ${results.map(
          (result) =>
            html`<tr>
              <th>${phaseName(result)}</th>
              <td>${result.arm}</td>
              <td class="number">${result.rows}</td>
              <td class="number">${result.dropped ?? '–'}</td>
              ${cell(result.attackSuccess)}${withTask && cell(result.task)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`
}

// constructors -----------------------------------------------------------------------------------

const interleaveStyle = `
.series path{fill:none;stroke-width:2}.series line{stroke-width:1.2;opacity:.6}
.series.kept path,.series.kept line{stroke:var(--kept)}.series.dropped path,.series.dropped line{stroke:var(--dropped)}
.wide th,.wide td{overflow-wrap:normal}.wide tbody th{white-space:nowrap}
@media (max-width:700px){.wide table{font-size:.76rem}.wide thead th{white-space:normal}.wide .range{display:block}}
`

/** The page's HTML. */
export const interleavePage = ({ results, judge, prompts }: InterleaveReport): string =>
  framed(
    'Interleaved training',
    html`<h1>Interleaved training</h1>
      <p class="meta">unsafe prompts: ${prompts}, judged by ${judge}</p>
      ${figure(
        'Attack success',
        'Unsafe prompts that were answered, in percent, after each phase; bars are 95 % intervals. Lower is safer.',
        results,
        ({ attackSuccess }) => attackSuccess,
      )}${
        results.some(({ task }) => task !== undefined) &&
        figure(
          'Task',
          'Prompts of the task answered with the response, in percent, after each phase.',
          results,
          ({ task }) => task ?? null,
        )
      }
      <h2>All phases</h2>
      ${table(results)}`,
    interleaveStyle,
  )
