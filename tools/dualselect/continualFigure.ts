/** Accuracy and safety from task to task as one SVG that stands alone: the charts of the command's report beside each other. */
import { chart } from '../../packages/dualselect/src/report/chart'
import type { WrittenResults } from './continualTables'

// parts ------------------------------------------------------------------------------------------

const panels = [
  { name: 'averageAccuracy', title: 'Average accuracy' },
  { name: 'safety', title: 'Safety' },
] as const

/** Okabe and Ito's colours, and dashes, as in the report. */
const colours = [
  ['first', '#0072b2', 'none'],
  ['second', '#b3470b', '6 3'],
  ['third', '#00714f', '2 3'],
  ['fourth', '#7a5195', '9 3 2 3'],
] as const

const style = [
  "text{fill:#5d6470;font:12px 'Segoe UI',Roboto,sans-serif}.title{fill:#1b1d21;font-weight:600}",
  '.frame{fill:none;stroke:#d9dce2}.grid{stroke:#d9dce2;stroke-width:.6}',
  '.curve{fill:none;stroke-width:2}.point{stroke:none}.bar{stroke-width:1.2;opacity:.7}',
  ...colours.map(
    ([name, colour, dashes]) =>
      `.${name}{stroke:${colour}}.curve.${name}{stroke-dasharray:${dashes}}.point.${name}{fill:${colour}}`,
  ),
].join('')

const size = { width: 440, height: 236, title: 22, key: 26 } as const

const drawing = ({ start, strategies }: WrittenResults, { name, title }: (typeof panels)[number]): string => {
  const before = start[name] === undefined ? [] : [start]
  const { markup } = chart({
    title,
    caption: '',
    xName: 'tasks learned',
    range: [0, 1],
    xLabels: [...before.map(() => 'start'), ...(strategies[0]?.after ?? []).map((_, t) => String(t + 1))],
    series: strategies.map(({ strategy, after }, s) => ({
      name: strategy,
      points: [...before, ...after].flatMap((measures, t) => {
        const e = measures[name]
        const x = t + 0.05 * (s - (strategies.length - 1) / 2)
        return e === undefined ? [] : [{ x, y: e.value, low: e.low, high: e.high }]
      }),
    })),
  })
  return /<svg viewBox[\s\S]*?<\/svg>/.exec(markup)?.[0] ?? ''
}

// constructors -----------------------------------------------------------------------------------

/** The figure as an SVG document. */
export const continualFigure = (results: WrittenResults): string => {
  const shown = panels.filter(({ name }) => results.strategies.some(({ after }) => after[0]?.[name]))
  const width = size.width * shown.length
  const height = size.title + size.height + size.key
  const keyAt = (s: number): number => 46 + 130 * s
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="Accuracy and safety from task to task">`,
    `<style>${style}</style><rect width="${width}" height="${height}" fill="#fdfdfb"/>`,
    ...shown.map(
      (panel, i) =>
        `<text class="title" x="${size.width * i + 46}" y="16">${panel.title}</text>` +
        drawing(results, panel).replace(
          '<svg ',
          `<svg x="${size.width * i}" y="${size.title}" width="${size.width}" height="${size.height}" `,
        ),
    ),
    ...results.strategies.map(
      ({ strategy }, s) =>
        `<path class="curve ${colours[s]?.[0] ?? ''}" d="M${keyAt(s)} ${height - 14}h26"/><text x="${keyAt(s) + 32}" y="${height - 10}">${strategy}</text>`,
    ),
    '</svg>\n',
  ].join('')
}
