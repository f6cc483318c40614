/**
 * The figure of docs/forgetfilter-studies.md: F1 and benign rows dropped over safe steps, from the rows of `forgetfilter sensitivity`.
 *
 *   node --conditions=@safe/source --import tsx tools/forgetfilter/sensitivityFigure.ts --rows sensitivity.jsonl
 *     --out docs/forgetfilter-sensitivity.svg [--phi 0.05,0.3]
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import * as t from 'io-ts'
import { command, commaSeparated, file, main, required, withDefault } from '@safe/tensor-core/cli'
import { badInput } from '@safe/tensor-core/contracts'
import { errorLine, writeWhole } from '@safe/tensor-core/files'
import { readRows } from '@safe/tensor-core/formats'
import { number } from '@safe/tensor-core/options'
import {
  type SensitivityMeasure,
  type SensitivityRow,
  distinct,
  panelSize,
  sensitivityPanel,
} from '../../packages/forgetfilter/src/report/sensitivityPlot'

// input ------------------------------------------------------------------------------------------

const Metric = t.union([t.number, t.null])
const Rows = t.readonlyArray(
  t.type({
    steps: t.number,
    safeRows: t.number,
    phi: t.number,
    precision: Metric,
    recall: Metric,
    f1: Metric,
    auroc: Metric,
    benignLost: Metric,
  }),
)

// figure -----------------------------------------------------------------------------------------

const measures: ReadonlyArray<SensitivityMeasure> = [
  { metric: 'f1', title: 'F1 of the filter' },
  { metric: 'benignLost', title: 'benign rows dropped' },
]
const keysHeight = 34
const colours = ['#0072b2', '#d55e00', '#00805c', '#b4508f', '#8a6a00']

const style = [
  'text{fill:#5d6470;font:11.5px sans-serif}.mark{fill:#1b1d21;font-weight:600}.grid{stroke:#d9dce2}.line path{fill:none;stroke-width:2}',
  ...colours.map((colour, i) => `.c${i} path{stroke:${colour}}.c${i} circle{fill:${colour}}`),
].join('')

const figureOf = (rows: ReadonlyArray<SensitivityRow>, phis: ReadonlyArray<number>): string => {
  const width = panelSize.width * measures.length
  const height = panelSize.height * phis.length + keysHeight
  const panels = phis.flatMap((phi, row) =>
    measures.map((measure, column) =>
      sensitivityPanel(
        measure,
        rows.filter((r) => r.phi === phi),
        phi,
      ).markup.replace(
        '<svg',
        `<svg x="${column * panelSize.width}" y="${row * panelSize.height}" width="${panelSize.width}" height="${panelSize.height}"`,
      ),
    ),
  )
  const keys = distinct(rows.map((r) => r.safeRows)).map(
    (size, i) =>
      `<g class="line c${i}" transform="translate(${panelSize.left + 150 * i} ${height - 14})"><path d="M0 0H24"/><text x="32" y="4">${size} safe rows</text></g>`,
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" aria-label="F1 of the filter and benign rows dropped over safe steps, for each size of the safe set">`,
    `<style>${style}</style><rect width="${width}" height="${height}" fill="#fdfdfb"/>`,
    ...panels,
    ...keys,
    '</svg>',
    '',
  ]
    .join('')
    .replace(/\s+/g, ' ')
}

// command ----------------------------------------------------------------------------------------

main({
  name: 'sensitivityFigure',
  version: '0',
  description: 'the figure of a sensitivity study',
  commands: [
    command({
      name: '',
      description: 'the figure of a sensitivity study',
      options: {
        rows: required(file('rows of `forgetfilter sensitivity`')),
        out: required(file('where the figure is written, .svg')),
        phi: withDefault([0.05, 0.3], commaSeparated(number('thresholds to show'))),
      },
      run: (v) =>
        pipe(
          readRows(v.rows),
          TE.chainEitherKW((rows) =>
            pipe(
              Rows.decode(rows.map(({ value }) => value)),
              E.mapLeft((errors) => badInput('BadRow', errorLine(errors), { where: v.rows })),
            ),
          ),
          TE.chainW((rows) => writeWhole(v.out, figureOf(rows, v.phi))),
          TE.map(() => ({ json: { out: v.out }, text: v.out })),
        ),
    }),
  ],
})
