/**
 * The rates as a stacked histogram: what became of the rows, bin by bin, with the threshold and the canaries. Heights are square
 * roots of counts: most rows have a rate near 0, and the few others must remain visible.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import { type Decision, decisions } from '../audit/decisions'
import { digits, niceStep, rowsWord } from './format'
import { gridLine } from './gridLine'

// model ------------------------------------------------------------------------------------------

/** A rate and what was decided about its row. */
export interface DecidedRate {
  readonly rate: number
  readonly decision: Decision
}

/** Rates from `low` (included) to `high`, by decision. */
export interface Bin {
  readonly low: number
  readonly high: number
  readonly counts: Readonly<Record<Decision, number>>
}

/** What the histogram shows beside the rates. */
export interface HistogramMarks {
  readonly phi: number | null
  readonly canaries: ReadonlyArray<number>
}

// bins -------------------------------------------------------------------------------------------

const ABOUT_BINS = 40

/** Bins of one round width from the smallest to the largest rate; a rate on an edge is in the bin above it. */
export const binsOf = (rates: ReadonlyArray<DecidedRate>): ReadonlyArray<Bin> => {
  if (rates.length === 0) return []
  const [least, most] = rates.reduce<readonly [number, number]>(
    ([a, b], { rate }) => [Math.min(a, rate), Math.max(b, rate)],
    [Infinity, -Infinity],
  )
  // Rates that differ by rounding errors only are in one bin.
  const scale = Math.max(1e-6, Math.abs(least), Math.abs(most))
  const width = most - least > 1e-6 * scale ? niceStep(most - least, ABOUT_BINS) : scale / 10
  const place = (rate: number): number => Math.floor(rate / width + 1e-9)
  const first = place(least)
  const counts = Array.from({ length: place(most) - first + 1 }, () => ({
    kept: 0,
    dropped: 0,
    indeterminate: 0,
  }))
  for (const { rate, decision } of rates) {
    const bin = counts[place(rate) - first]
    if (bin !== undefined) bin[decision]++
  }
  return counts.map((bin, i) => ({ low: (first + i) * width, high: (first + i + 1) * width, counts: bin }))
}

// drawing ----------------------------------------------------------------------------------------

const size = { width: 720, height: 340, left: 46, right: 14, top: 56, bottom: 66 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const at = (x: number): string => x.toFixed(1)

const total = ({ counts }: Bin): number => decisions.reduce((sum, d) => sum + counts[d], 0)

/** Round counts up to the largest, for the axis. */
const countTicks = (most: number): ReadonlyArray<number> =>
  [1, 5, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000, 100000].filter(
    (k) => k <= most && k >= most / 200,
  )

const rateTicks = (low: number, high: number): ReadonlyArray<number> => {
  const step = niceStep(high - low, 8)
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

/** The histogram; undefined where no row has a rate. */
export const histogram = (
  rates: ReadonlyArray<DecidedRate>,
  { phi, canaries }: HistogramMarks,
): Markup | undefined => {
  const bins = binsOf(rates)
  const [first, last] = [bins[0], bins.at(-1)]
  if (first === undefined || last === undefined) return undefined
  const shown = [...(phi === null ? [] : [phi]), ...canaries]
  const low = Math.min(first.low, ...shown)
  const high = Math.max(last.high, ...shown)
  const most = Math.max(...bins.map(total))
  const x = (rate: number): number => size.left + ((rate - low) / (high - low)) * inner.width
  const y = (count: number): number => size.top + inner.height * (1 - Math.sqrt(count / most))
  const floor = size.top + inner.height
  const bars = bins.map((bin) => {
    let below = 0
    const title = html`<title>
      ${digits(bin.low)} to ${digits(bin.high)}: ${rowsWord(total(bin))}, ${bin.counts.dropped} dropped,
      ${bin.counts.kept} kept, ${bin.counts.indeterminate} indeterminate
    </title>`
    return html`<g
      >${title}${decisions.map((decision) => {
        const count = bin.counts[decision]
        if (count === 0) return html``
        const [bottom, top] = [y(below), y(below + count)]
        below += count
        return html`<rect
          class="${decision}"
          x="${at(x(bin.low) + 0.5)}"
          y="${at(top)}"
          width="${at(Math.max(1, x(bin.high) - x(bin.low) - 1))}"
          height="${at(bottom - top)}"
        />`
      })}</g
    >`
  })
  return html`<svg
    class="plot"
    viewBox="0 0 ${size.width} ${size.height}"
    role="img"
    aria-label="Histogram of ${rates.length} forgetting rates from ${digits(first.low)} to ${digits(last.high)}${phi === null ? '' : `, threshold ${digits(phi)}`}"
  >
    <text x="0" y="16">rows</text>
    ${countTicks(most).map((k) => gridLine(size, y(k), k))}${bars}
    <line
      class="grid"
      x1="${size.left}"
      x2="${size.width - size.right}"
      y1="${at(floor)}"
      y2="${at(floor)}"
    />
    ${canaries.map(
      (rate) =>
        html`<line
          class="canary"
          x1="${at(x(rate))}"
          x2="${at(x(rate))}"
          y1="${at(floor + 1)}"
          y2="${at(floor + 7)}"
        />`,
    )}${rateTicks(low, high).map(
      (t) => html`<text x="${at(x(t))}" y="${at(floor + 26)}" text-anchor="middle">${digits(t)}</text>`,
    )}
    <text x="${at(size.left + inner.width / 2)}" y="${size.height - 8}" text-anchor="middle">
      forgetting rate
    </text>
    ${
      phi !== null &&
      html`<line
          class="phi"
          x1="${at(x(phi))}"
          x2="${at(x(phi))}"
          y1="${size.top - 6}"
          y2="${at(floor)}"
        /><text
          class="mark"
          x="${at(Math.min(x(phi), size.width - 60))}"
          y="${size.top - 11}"
          text-anchor="middle"
          >phi ${digits(phi)}</text
        >`
    }
  </svg>`
}
