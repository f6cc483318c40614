/** Table cells: a number, its interval, and a thin bar that shows both. On a narrow screen each cell shows its column's name. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { Difference } from '../results/differences'
import type { MetricName } from '../results/metrics'
import type { GroupResult } from '../results/results'
import type { Estimate } from '../stats'
import { percent, points, range, signedRange } from './format'

/** Columns of the tables, and the direction that is better. */
export const columns = [
  { metric: 'attackSuccess', name: 'Attack success', short: 'harmful requests complied with', better: 'low' },
  { metric: 'refusal', name: 'Refusal', short: 'harmful requests refused', better: 'high' },
  { metric: 'overRefusal', name: 'Over-refusal', short: 'look-alikes refused', better: 'low' },
  {
    metric: 'lookalikeAnswered',
    name: 'Look-alikes answered',
    short: 'neither refused nor degenerate',
    better: 'high',
  },
  { metric: 'degenerate', name: 'Degenerate', short: 'requests answered with nothing', better: 'low' },
  { metric: 'exactMatch', name: 'Task', short: 'answered exactly', better: 'high' },
  { metric: 'sut', name: 'SUT', short: 'task × (1 − attack success)', better: 'high' },
] as const satisfies ReadonlyArray<{
  readonly metric: MetricName
  readonly name: string
  readonly short: string
  readonly better: 'low' | 'high'
}>

const share = (x: number): string => `${(100 * Math.min(1, Math.max(0, x))).toFixed(2)}%`

/** The interval as a line and the value as a dot, from 0 to 100 %. */
const whisker = (e: Estimate): Markup =>
  html`<span class="whisker" aria-hidden="true"
    ><i style="left:${share(e.low)};width:${share(e.high - e.low)}"></i><b style="left:${share(e.value)}"></b
  ></span>`

/** The bounds of a rate some of whose items are unjudged. */
const bounds = ({ unjudged, bounds: ends }: Estimate): Markup =>
  ends === undefined ? html`` : html` <span class="bounds">${unjudged ?? 0} unjudged: ${range(ends)}</span>`

/** A rate in percent; without one, a dash. */
export const rateCell = (label: string, e: Estimate | undefined): Markup =>
  e === undefined
    ? html`<td data-label="${label}" data-value="-1" class="number absent">–</td>`
    : html`<td data-label="${label}" data-value="${e.value}" class="number">
        <span class="value">${percent(e.value)}</span>
        <span class="range">${range(e)}</span>${bounds(e)}${whisker(e)}
      </td>`

/** A change in points; bold where its interval excludes 0. */
export const changeCell = (label: string, e: Estimate | Difference | undefined): Markup =>
  e === undefined
    ? html`<td data-label="${label}" data-value="0" class="number absent">–</td>`
    : html`<td data-label="${label}" data-value="${e.value}" class="number">
        <span class="value${e.low > 0 || e.high < 0 ? ' sure' : ''}">${points(e.value)}</span>
        <span class="range">${signedRange(e)}</span>
      </td>`

export const metricCells = (g: GroupResult): Markup =>
  html`${columns.map(({ metric, name }) => rateCell(name, g.metrics[metric]))}`
