/**
 * The safety-utility plane: x is the task solved, y the harmful requests not complied with, so the upper right corner is best. Grey
 * curves are points of equal SUT (the product of both). Bars are 95 % intervals. Points close together share a label.
 */
import { type Markup, html } from '@safe/tensor-core/page'
import { combinationName, defendedStages } from '../plan/factors'
import type { GroupResult } from '../results/results'
import { percent, range } from './format'
import { type Box, placeLabels } from './labels'

// model ------------------------------------------------------------------------------------------

type Kind = 'reference' | 'none' | 'single' | 'several' | 'control'

interface Point {
  readonly kind: Kind
  readonly code: string
  readonly name: string
  readonly group: GroupResult
  readonly x: number
  readonly y: number
}

export interface PlaneInput {
  readonly title: string
  readonly groups: ReadonlyArray<GroupResult>
  readonly code: (g: GroupResult) => string
}

// geometry ---------------------------------------------------------------------------------------

const size = { width: 520, height: 430, left: 46, right: 74, top: 16, bottom: 46 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const px = (x: number): number => size.left + x * inner.width
const py = (y: number): number => size.top + (1 - y) * inner.height
const at = (v: number): string => v.toFixed(1)

// parts ------------------------------------------------------------------------------------------

const kindOf = (g: GroupResult): Kind =>
  g.factors.regime === 'none'
    ? 'reference'
    : g.control
      ? 'control'
      : ((['none', 'single'] as const)[defendedStages(g.factors).length] ?? 'several')

const nameOf = (g: GroupResult): string =>
  g.factors.regime === 'none' ? `${g.factors.model} model, not fine-tuned` : combinationName(g.factors)

const pointsOf = ({ groups, code }: PlaneInput): ReadonlyArray<Point> =>
  groups.flatMap((group) => {
    const { attackSuccess, exactMatch } = group.metrics
    if (attackSuccess === undefined || exactMatch === undefined) return []
    const kind = kindOf(group)
    return [
      {
        kind,
        code: kind === 'reference' ? group.factors.model : kind === 'none' ? 'no defence' : code(group),
        name: nameOf(group),
        group,
        x: px(exactMatch.value),
        y: py(1 - attackSuccess.value),
      },
    ]
  })

const contour = (sut: number): Markup => {
  const steps = Array.from({ length: 49 }, (_, i) => sut + ((1 - sut) * i) / 48)
  const path = steps.map((x, i) => `${i === 0 ? 'M' : 'L'}${at(px(x))} ${at(py(sut / x))}`).join('')
  return html`<path class="contour" d="${path}" /><text
      class="contour-label"
      x="${at(px(Math.sqrt(sut)) - 2)}"
      y="${at(py(Math.sqrt(sut)) + 3)}"
      >${sut.toFixed(1)}</text
    >`
}

const axes = (): Markup => {
  const ticks = [0, 0.2, 0.4, 0.6, 0.8, 1]
  return html`<rect
      class="frame"
      x="${px(0)}"
      y="${py(1)}"
      width="${inner.width}"
      height="${inner.height}"
    />${ticks.map(
      (t) =>
        html`<text class="tick" x="${at(px(t))}" y="${at(py(0) + 16)}" text-anchor="middle">${100 * t}</text
          ><text class="tick" x="${at(px(0) - 7)}" y="${at(py(t) + 4)}" text-anchor="end">${100 * t}</text>`,
    )}<text class="axis" x="${at(px(0.5))}" y="${size.height - 8}" text-anchor="middle">task solved, %</text
    ><text class="axis" transform="translate(12 ${at(py(0.5))}) rotate(-90)" text-anchor="middle"
      >harmful requests not complied with, %</text
    >`
}

const bars = ({ group, x, y, kind }: Point): Markup => {
  const { attackSuccess, exactMatch } = group.metrics
  return attackSuccess === undefined || exactMatch === undefined
    ? html``
    : html`<path
        class="bar ${kind}"
        d="M${at(px(exactMatch.low))} ${at(y)}H${at(px(exactMatch.high))}M${at(x)} ${at(py(1 - attackSuccess.high))}V${at(py(1 - attackSuccess.low))}"
      />`
}

/** Each kind has its own shape and its own colour. */
const mark = ({ kind, x, y, name, group }: Point): Markup => {
  const { attackSuccess, exactMatch } = group.metrics
  const title = html`<title>
    ${name}: attack success
    ${attackSuccess === undefined ? '' : `${percent(attackSuccess.value)} % (${range(attackSuccess)})`}, task
    ${exactMatch === undefined ? '' : `${percent(exactMatch.value)} % (${range(exactMatch)})`}
  </title>`
  switch (kind) {
    case 'reference':
      return html`<path class="mark ${kind}" d="M${at(x - 5)} ${at(y - 5)}h10v10h-10z">${title}</path>`
    case 'none':
      return html`<path
        class="mark ${kind}"
        d="M${at(x - 5)} ${at(y - 5)}l10 10M${at(x + 5)} ${at(y - 5)}l-10 10"
        >${title}</path
      >`
    case 'control':
      return html`<path class="mark ${kind}" d="M${at(x)} ${at(y - 6)}l6 6l-6 6l-6 -6z">${title}</path>`
    case 'single':
      return html`<circle class="mark ${kind}" cx="${at(x)}" cy="${at(y)}" r="5.5">${title}</circle>`
    case 'several':
      return html`<path class="mark ${kind}" d="M${at(x)} ${at(y - 6)}l5.6 10h-11.2z">${title}</path>`
  }
}

/** Sorts points by importance: the most important are drawn last, on top. */
const onTop = (points: ReadonlyArray<Point>): ReadonlyArray<Point> => {
  const order: ReadonlyArray<Kind> = ['control', 'several', 'single', 'reference', 'none']
  return [...points].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

/** Single-link clusters of points closer than a mark's width. */
const clusters = (points: ReadonlyArray<Point>): ReadonlyArray<ReadonlyArray<Point>> =>
  points.reduce<ReadonlyArray<ReadonlyArray<Point>>>((found, point) => {
    const near = found.filter((c) => c.some((p) => Math.hypot(p.x - point.x, p.y - point.y) < 11))
    return [...found.filter((c) => !near.includes(c)), [...near.flat(), point]]
  }, [])

const perLine = 3

const linesOf = (cluster: ReadonlyArray<Point>): ReadonlyArray<string> => {
  const codes = cluster.map((p) => p.code).sort((a, b) => a.length - b.length || (a < b ? -1 : 1))
  return Array.from({ length: Math.ceil(codes.length / perLine) }, (_, i) =>
    codes.slice(i * perLine, (i + 1) * perLine).join(' · '),
  )
}

const labels = (points: ReadonlyArray<Point>): Markup => {
  const marks: ReadonlyArray<Box> = points.map((p) => ({ x: p.x - 7, y: p.y - 7, width: 14, height: 14 }))
  // On a narrow page the font is larger: a label at the right edge needs room to grow.
  const bounds: Box = { x: size.left + 2, y: 2, width: size.width - size.left - 30, height: py(0) - 4 }
  const placed = placeLabels(
    clusters(points).map((cluster) => ({
      x: cluster.reduce((s, p) => s + p.x, 0) / cluster.length,
      y: cluster.reduce((s, p) => s + p.y, 0) / cluster.length,
      lines: linesOf(cluster),
    })),
    marks,
    bounds,
  )
  return html`${placed.map(
    ({ label, box, far }) =>
      html`${
          far &&
          html`<path
            class="leader"
            d="M${at(label.x)} ${at(label.y)}L${at(Math.min(Math.max(label.x, box.x), box.x + box.width))} ${at(Math.min(Math.max(label.y, box.y), box.y + box.height))}"
          />`
        }<text class="label" x="${at(box.x)}" y="${at(box.y + 10)}"
          >${label.lines.map(
            (line, i) => html`<tspan x="${at(box.x)}" dy="${i === 0 ? 0 : 13}">${line}</tspan>`,
          )}</text
        >`,
  )}`
}

// constructors -----------------------------------------------------------------------------------

/** The plot; undefined where no group has both attack success and task. */
export const plane = (input: PlaneInput): Markup | undefined => {
  const points = pointsOf(input)
  if (points.length === 0) return undefined
  return html`<svg
    class="plane"
    viewBox="0 0 ${size.width} ${size.height}"
    role="img"
    aria-label="${input.title}: ${points.map((p) => p.name).join(', ')}"
  >
    ${axes()}${[0.2, 0.4, 0.6, 0.8].map(contour)}${points.map(bars)}${onTop(points).map(mark)}${labels(points)}
  </svg>`
}
