/** Curves over steps as inline SVG, with a legend; at most four of them, told apart by colour and by dashes. */
import { type Markup, html } from '@safe/tensor-core/page'

// model ------------------------------------------------------------------------------------------

export interface Point {
  readonly x: number
  readonly y: number
  /** Ends of an interval. */
  readonly low?: number
  readonly high?: number
}

export interface Series {
  readonly name: string
  readonly points: ReadonlyArray<Point>
}

export interface ChartInput {
  readonly title: string
  /** What the axes show, and what the reader should see. */
  readonly caption: string
  readonly xName: string
  readonly series: ReadonlyArray<Series>
  /** Default: the range of the values. */
  readonly range?: readonly [number, number]
  /** Labels of the values of x, where they are not numbers to be read off. */
  readonly xLabels?: ReadonlyArray<string>
}

const classes = ['first', 'second', 'third', 'fourth'] as const
const classOf = (i: number): string => classes[i % classes.length] ?? 'first'

// binning ----------------------------------------------------------------------------------------

/** Points beyond which neighbours are averaged: a curve of thousands of steps is not readable. */
const mostPoints = 90

/** Neighbours averaged until at most `mostPoints` points are left. */
export const binned = (points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  const size = Math.ceil(points.length / mostPoints)
  if (size <= 1) return points
  const mean = (values: ReadonlyArray<number>): number => values.reduce((s, v) => s + v, 0) / values.length
  return Array.from({ length: Math.ceil(points.length / size) }, (_, b) => {
    const bin = points.slice(b * size, (b + 1) * size)
    return { x: mean(bin.map((p) => p.x)), y: mean(bin.map((p) => p.y)) }
  })
}

// scales -----------------------------------------------------------------------------------------

const size = { width: 440, height: 236, left: 46, right: 12, top: 12, bottom: 40 } as const

/** A step of 1, 2 or 5 times a power of ten that gives about `count` ticks. */
const tickStep = (span: number, count: number): number => {
  const power = 10 ** Math.floor(Math.log10(span / count))
  return (([1, 2, 5, 10] as const).find((m) => m * power * count >= span) ?? 10) * power
}

/** Round values within a range, ends included where they are round. */
export const ticksOf = (low: number, high: number, count: number): ReadonlyArray<number> => {
  if (!(high > low)) return [low]
  const step = tickStep(high - low, count)
  const first = Math.ceil(low / step - 1e-9)
  return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => (first + i) * step)
}

const shown = (x: number): string => String(Number(x.toPrecision(3)))

interface Scale {
  readonly low: number
  readonly high: number
}

const scaleOf = (values: ReadonlyArray<number>, given?: readonly [number, number]): Scale => {
  const finite = values.filter(Number.isFinite)
  const [low, high] = given ?? [Math.min(...finite), Math.max(...finite)]
  if (!Number.isFinite(low) || !Number.isFinite(high)) return { low: 0, high: 1 }
  return high > low ? { low, high } : { low: low - 0.5, high: high + 0.5 }
}

const at = (v: number): string => v.toFixed(1)
const placed =
  ({ low, high }: Scale, from: number, to: number) =>
  (v: number): number =>
    from + ((v - low) / (high - low)) * (to - from)

// parts ------------------------------------------------------------------------------------------

const curve = (
  { points }: Series,
  i: number,
  px: (x: number) => number,
  py: (y: number) => number,
): Markup => {
  const path = points.map(({ x, y }, k) => `${k === 0 ? 'M' : 'L'}${at(px(x))} ${at(py(y))}`).join('')
  const marks = points.length <= 24 ? points : []
  return html`${points.map(({ x, low, high }) =>
      low === undefined || high === undefined
        ? html``
        : html`<path class="bar ${classOf(i)}" d="M${at(px(x))} ${at(py(low))}V${at(py(high))}" />`,
    )}<path class="curve ${classOf(i)}" d="${path}" />${marks.map(
      ({ x, y }) => html`<circle class="point ${classOf(i)}" cx="${at(px(x))}" cy="${at(py(y))}" r="2.6" />`,
    )}`
}

/** What each curve is. */
export const legend = (names: ReadonlyArray<string>): Markup =>
  names.length < 2
    ? html``
    : html`<ul class="key">
        ${names.map(
          (name, i) =>
            html`<li>
              <svg viewBox="0 0 26 8" aria-hidden="true"><path class="curve ${classOf(i)}" d="M0 4H26" /></svg
              >${name}
            </li>`,
        )}
      </ul>`

// constructors -----------------------------------------------------------------------------------

/** A chart; a sentence in its place where there is nothing to draw. */
export const chart = ({ title, caption, xName, series: given, range, xLabels }: ChartInput): Markup => {
  const series = given.map((s) => ({ ...s, points: binned(s.points.filter((p) => Number.isFinite(p.y))) }))
  const points = series.flatMap((s) => s.points)
  if (points.length === 0)
    return html`<figure>
      <h3>${title}</h3>
      <figcaption>Nothing was measured.</figcaption>
    </figure>`
  const x =
    xLabels === undefined
      ? scaleOf(points.map((p) => p.x))
      : { low: -0.2, high: Math.max(0, xLabels.length - 1) + 0.2 }
  const y = scaleOf(
    points.flatMap((p) => [p.y, p.low ?? p.y, p.high ?? p.y]),
    range,
  )
  const px = placed(x, size.left, size.width - size.right)
  const py = placed(y, size.height - size.bottom, size.top)
  const [right, bottom] = [size.width - size.right, size.height - size.bottom]
  // Without labels x counts steps: a tick between two of them means nothing.
  const xTicks =
    xLabels === undefined ? ticksOf(x.low, x.high, 5).filter(Number.isInteger) : xLabels.map((_, i) => i)
  return html`<figure>
    <h3>${title}</h3>
    <svg viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${title}">
      ${ticksOf(y.low, y.high, 4).map(
        (v) =>
          html`<path class="grid" d="M${size.left} ${at(py(v))}H${right}" /><text
              x="${size.left - 6}"
              y="${at(py(v) + 4)}"
              text-anchor="end"
              >${shown(v)}</text
            >`,
      )}
      ${xTicks.map(
        (v) =>
          html`<text x="${at(px(v))}" y="${bottom + 16}" text-anchor="middle"
            >${xLabels?.[v] ?? shown(v)}</text
          >`,
      )}
      <text x="${at((size.left + right) / 2)}" y="${size.height - 4}" text-anchor="middle">${xName}</text>
      <rect
        class="frame"
        x="${size.left}"
        y="${size.top}"
        width="${right - size.left}"
        height="${bottom - size.top}"
      />
      ${series.map((s, i) => curve(s, i, px, py))}
    </svg>
    ${legend(given.map((s) => s.name))}
    <figcaption>${caption}</figcaption>
  </figure>`
}
