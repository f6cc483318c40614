/**
 * Each method over its strengths as small plots on common axes: x is the task solved, y the harmful requests not complied with, so up
 * and right is better. A line joins strengths from weak to strong; the heavy line joins those that no other strength beats.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import { isSameFineTune, strengthWords } from '../plan/factors'
import type { FrontPoint } from '../results/fronts'
import type { GroupResult, Results } from '../results/results'
import { percent, range } from './format'
import type { RegimeReading } from './reading'

// geometry ---------------------------------------------------------------------------------------

const size = { width: 236, height: 196, left: 34, right: 10, top: 12, bottom: 30 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const px = (x: number): string => (size.left + x * inner.width).toFixed(1)
const py = (y: number): string => (size.top + (1 - y) * inner.height).toFixed(1)

// parts ------------------------------------------------------------------------------------------

interface Spot {
  readonly x: number
  readonly y: number
  readonly point: FrontPoint
}

const spotsOf = (points: ReadonlyArray<FrontPoint>): ReadonlyArray<Spot> =>
  points.flatMap((point) =>
    point.task === undefined || point.attackSuccess === undefined
      ? []
      : [{ x: point.task.value, y: 1 - point.attackSuccess.value, point }],
  )

const pathOf = (spots: ReadonlyArray<Spot>): string =>
  spots.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${px(x)} ${py(y)}`).join('')

const axes = html`<rect
    class="frame"
    x="${px(0)}"
    y="${py(1)}"
    width="${inner.width}"
    height="${inner.height}"
  />${[0, 0.5, 1].map(
    (t) =>
      html`<text class="tick" x="${px(t)}" y="${size.height - 16}" text-anchor="middle">${100 * t}</text
        ><text class="tick" x="${size.left - 5}" y="${Number(py(t)) + 4}" text-anchor="end"
          >${100 * t}</text
        >`,
  )}`

const reference = (g: GroupResult | undefined, kind: 'none' | 'reference'): Markup => {
  const { attackSuccess, exactMatch } = g?.metrics ?? {}
  if (attackSuccess === undefined || exactMatch === undefined) return html``
  const [x, y] = [Number(px(exactMatch.value)), Number(py(1 - attackSuccess.value))]
  const title = html`<title>
    ${kind === 'none' ? 'fine-tuned, no defence' : 'aligned model'}: task ${percent(exactMatch.value)} %,
    attack success ${percent(attackSuccess.value)} %
  </title>`
  return kind === 'none'
    ? html`<path class="mark none" d="M${x - 4} ${y - 4}l8 8M${x + 4} ${y - 4}l-8 8">${title}</path>`
    : html`<path class="mark reference" d="M${x - 4} ${y - 4}h8v8h-8z">${title}</path>`
}

const mark = ({ x, y, point }: Spot): Markup =>
  html`<circle
    class="mark ${point.selected ? 'several' : 'single'}"
    cx="${px(x)}"
    cy="${py(y)}"
    r="${point.selected ? '5.5' : '3.2'}"
    ><title>
      strength ${strengthWords(point.strength)}${point.selected ? ', selected' : ''}: task ${percent(x)}
      %${point.task === undefined ? '' : ` (${range(point.task)})`}, attack success ${percent(1 - y)}
      %${point.attackSuccess === undefined ? '' : ` (${range(point.attackSuccess)})`}
    </title></circle
  >`

const plot = (
  method: string,
  points: ReadonlyArray<FrontPoint>,
  { none, before: { aligned } }: RegimeReading,
): Markup => {
  const spots = spotsOf(points)
  const hull = spots.filter(({ point }) => !point.dominated).sort((a, b) => a.x - b.x)
  return html`<figure class="front">
    <figcaption>${method}</figcaption>
    <svg
      viewBox="0 0 ${size.width} ${size.height}"
      role="img"
      aria-label="${method}: ${spots
        .map(
          ({ x, y, point }) =>
            `strength ${strengthWords(point.strength)}, task ${percent(x)} %, attack success ${percent(1 - y)} %`,
        )
        .join('; ')}"
    >
      ${axes}
      <path class="front-path" d="${pathOf(spots)}" />
      <path class="front-hull" d="${pathOf(hull)}" />
      ${reference(aligned, 'reference')}${reference(none, 'none')}${spots.map(mark)}
    </svg>
  </figure>`
}

// constructors -----------------------------------------------------------------------------------

/** The plots of a regime; undefined where no strengths were tried. */
export const frontsFigure = (
  { fronts }: Pick<Results, 'fronts'>,
  regime: RegimeReading,
): Markup | undefined => {
  const shown = Object.entries(fronts).flatMap(([method, points]) => {
    const here = points.filter((point) => isSameFineTune(point, regime))
    return spotsOf(here).length < 2 ? [] : [{ method, here }]
  })
  return shown.length === 0
    ? undefined
    : html`<p class="note">
          Across: task solved, %. Up: harmful requests not complied with, %. A thin line joins strengths from
          weak to strong, a heavy one those that no other beats; the large mark is the selected strength, the
          cross the undefended model, the square the aligned one before fine-tuning. Stated over the test.
        </p>
        <div class="fronts">${shown.map(({ method, here }) => plot(method, here, regime))}</div>`
}

/** Style of these plots. */
export const frontsStyle = `
.fronts{display:grid;grid-template-columns:repeat(auto-fill,minmax(210px,1fr));gap:14px;margin:12px 0}
.front{margin:0;break-inside:avoid}
.front figcaption{font-weight:600;color:var(--ink);font-size:.86rem}
.front svg{width:100%;height:auto;display:block}
.front text{fill:var(--soft);font-size:10.5px}
.front-path{fill:none;stroke:var(--soft);stroke-width:1}
.front-hull{fill:none;stroke:var(--accent);stroke-width:2}
`
