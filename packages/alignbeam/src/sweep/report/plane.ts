/**
 * Refusal of harmful requests (up) against refusal of benign ones (across): the upper left corner is best. Bars are 95 % intervals, the
 * line joins the settings that no other one beats. Numbers are those of the table.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import { settingWords } from '../grid'
import type { Rate } from '../rates'
import type { SettingResult, SweepResults } from '../results'
import { percent, rateWords } from './words'

// model ------------------------------------------------------------------------------------------

interface Spot {
  readonly number: number
  readonly setting: SettingResult
  readonly refusal: Rate
  readonly overRefusal: Rate
  readonly x: number
  readonly y: number
}

// geometry ---------------------------------------------------------------------------------------

const size = { width: 560, height: 474, left: 54, right: 22, top: 32, bottom: 52 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const px = (x: number): number => size.left + x * inner.width
const py = (y: number): number => size.top + (1 - y) * inner.height
const at = (v: number): string => v.toFixed(1)

const spotsOf = ({ settings }: SweepResults): ReadonlyArray<Spot> =>
  settings.flatMap((setting, i) => {
    const { refusal, overRefusal } = setting
    return refusal === null || overRefusal === null
      ? []
      : [
          {
            number: i + 1,
            setting,
            refusal,
            overRefusal,
            x: px(overRefusal.value),
            y: py(refusal.value),
          },
        ]
  })

// parts ------------------------------------------------------------------------------------------

const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1] as const

const axes = (maxOverRefusal: number): Markup =>
  html`<rect
      class="wanted"
      x="${at(px(0))}"
      y="${at(py(1))}"
      width="${at(maxOverRefusal * inner.width)}"
      height="${inner.height}"
    />${ticks.map(
      (t) =>
        html`<path
            class="grid"
            d="M${at(px(0))} ${at(py(t))}H${at(px(1))}M${at(px(t))} ${at(py(0))}V${at(py(1))}"
          /><text x="${at(px(t))}" y="${at(py(0) + 19)}" text-anchor="middle">${100 * t}</text
          ><text x="${at(px(0) - 8)}" y="${at(py(t) + 5)}" text-anchor="end">${100 * t}</text>`,
    )}<text x="${at(px(0.5))}" y="${size.height - 8}" text-anchor="middle">benign requests refused, %</text
    ><text transform="translate(15 ${at(py(0.5))}) rotate(-90)" text-anchor="middle"
      >harmful requests refused, %</text
    >`

/** Whether a spot is told apart from the many: it is on the front, recommended, or a baseline. */
const stands = ({ front, recommended }: SweepResults, { setting }: Spot): boolean =>
  setting.method !== 'alignbeam' || front.includes(setting.name) || setting.name === recommended.setting

const bars = (results: SweepResults, spot: Spot): Markup => {
  const { refusal, overRefusal, x, y } = spot
  return html`<path
    class="bar${stands(results, spot) ? '' : ' beaten'}"
    d="M${at(px(overRefusal.low))} ${at(y)}H${at(px(overRefusal.high))}M${at(x)} ${at(py(refusal.low))}V${at(py(refusal.high))}"
  />`
}

const shapes = (x: number, y: number) => ({
  alignbeam: `M${at(x - 5)} ${at(y)}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z`,
  draft: `M${at(x - 5)} ${at(y - 5)}l10 10M${at(x + 5)} ${at(y - 5)}l-10 10`,
  anchor: `M${at(x - 5)} ${at(y - 5)}h10v10h-10z`,
  prefix: `M${at(x)} ${at(y - 7)}l7 7l-7 7l-7 -7z`,
})

const mark = (results: SweepResults, spot: Spot): Markup => {
  const { setting, number, refusal, overRefusal, x, y } = spot
  const recommended = setting.name === results.recommended.setting
  return html`${recommended && html`<circle class="ring" cx="${at(x)}" cy="${at(y)}" r="10" />`}<path
      class="mark ${setting.method}${stands(results, spot) ? '' : ' beaten'}"
      d="${shapes(x, y)[setting.method]}"
      ><title>
        ${number}: ${settingWords(setting)}${recommended ? ', recommended' : ''}: harmful refused
        ${rateWords(refusal)}, benign refused ${rateWords(overRefusal)}
      </title></path
    >`
}

/** Spots closer than a mark's width share one label. */
const groups = (spots: ReadonlyArray<Spot>): ReadonlyArray<ReadonlyArray<Spot>> =>
  spots.reduce<ReadonlyArray<ReadonlyArray<Spot>>>((found, spot) => {
    const near = found.filter((g) => g.some((s) => Math.hypot(s.x - spot.x, s.y - spot.y) < 13))
    return [...found.filter((g) => !near.includes(g)), [...near.flat(), spot]]
  }, [])

/** `1–3, 7`: numbers in order, neighbours as a range. */
export const rangesOf = (numbers: ReadonlyArray<number>): string =>
  [...numbers]
    .sort((a, b) => a - b)
    .reduce<ReadonlyArray<readonly [number, number]>>((runs, n) => {
      const last = runs.at(-1)
      return last !== undefined && last[1] === n - 1
        ? [...runs.slice(0, -1), [last[0], n]]
        : [...runs, [n, n]]
    }, [])
    .map(([from, to]) => (from === to ? `${from}` : `${from}\u2013${to}`))
    .join(', ')

/** Numbers above the marks of a group: the front has nothing above it. */
const numbersOf = (group: ReadonlyArray<Spot>): Markup =>
  html`<text
    class="label"
    x="${at(group.reduce((sum, s) => sum + s.x, 0) / group.length)}"
    y="${at(Math.min(...group.map((s) => s.y)) - 14)}"
    text-anchor="middle"
    >${rangesOf(group.map((s) => s.number))}</text
  >`

/** A baseline's name below its mark, within the frame. */
const nameOf = ({ setting, x, y }: Spot): Markup => {
  const end = x > size.width - size.right - 60
  return html`<text
    class="label"
    x="${at(end ? size.width - size.right : x + 8)}"
    y="${at(Math.min(y + 22, py(0) - 6))}"
    text-anchor="${end ? 'end' : 'start'}"
    >${setting.method}</text
  >`
}

const labels = (results: SweepResults, spots: ReadonlyArray<Spot>): Markup =>
  html`${groups(spots.filter((s) => s.setting.method === 'alignbeam' && stands(results, s))).map(
    numbersOf,
  )}${spots.filter((s) => s.setting.method !== 'alignbeam').map(nameOf)}`

const frontPath = (spots: ReadonlyArray<Spot>, front: ReadonlyArray<string>): string =>
  front
    .flatMap((name) => spots.filter((s) => s.setting.name === name))
    .map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${at(x)} ${at(y)}`)
    .join('')

// constructors -----------------------------------------------------------------------------------

/** The plot; a sentence in its place where nothing can be drawn. */
export const plane = (results: SweepResults): Markup => {
  const spots = spotsOf(results)
  if (spots.length === 0)
    return html`<p>No verdict was found for any answer, so there is nothing to draw.</p>`
  const { maxOverRefusal } = results.recommended
  return html`<figure>
    <svg
      viewBox="0 0 ${size.width} ${size.height}"
      role="img"
      aria-label="${spots
        .map(
          (s) =>
            `${settingWords(s.setting)}: harmful refused ${percent(s.refusal.value)} %, benign refused ${percent(s.overRefusal.value)} %`,
        )
        .join('; ')}"
    >
      ${axes(maxOverRefusal)}${spots.map((s) => bars(results, s))}
      <path class="front" d="${frontPath(spots, results.front)}" />
      ${spots.map((s) => mark(results, s))}${labels(results, spots)}
    </svg>
    <figcaption>
      Up and left is better. Circles are settings of AlignBeam, numbered as in the table where nothing else
      beats them in both rates, pale where something does; the line joins the former. The cross is the draft
      alone, the square the anchor alone, the diamond the hard prefix. A ring marks the recommended setting,
      the tinted strip is the over-refusal that is wanted, bars are 95 % intervals.
    </figcaption>
  </figure>`
}
