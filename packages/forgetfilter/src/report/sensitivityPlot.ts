/** A panel of the sensitivity study: a measure over safe steps at one threshold, a line for each size of the safe set. */
import { type Markup, html } from '@safe/tensor-core/page'
import { places } from './format'
import { gridLine } from './gridLine'

// model ------------------------------------------------------------------------------------------

/** One point of the study. Metrics are null where they are undefined. */
export interface SensitivityRow {
  readonly steps: number
  readonly safeRows: number
  readonly phi: number
  readonly precision: number | null
  readonly recall: number | null
  readonly f1: number | null
  readonly auroc: number | null
  /** Share of the benign rows that is dropped. */
  readonly benignLost: number | null
}

/** The measures that are drawn. */
export type SensitivityMetric = 'f1' | 'recall' | 'benignLost'

/** What a panel shows. */
export interface SensitivityMeasure {
  readonly metric: SensitivityMetric
  readonly title: string
}

/** Colours that are told apart by colour-blind readers. */
export const COLOURS = 5
/** The class of a line; after the last colour they are used again, dashed. */
export const colourOf = (i: number): string => `c${i % COLOURS}${i >= COLOURS ? ' dashed' : ''}`

/** Values in rising order, each once. */
export const distinct = (values: ReadonlyArray<number>): ReadonlyArray<number> =>
  [...new Set(values)].sort((a, b) => a - b)

// plot -------------------------------------------------------------------------------------------

export const panelSize = { width: 320, height: 240, left: 40, right: 12, top: 30, bottom: 44 } as const
const inner = {
  width: panelSize.width - panelSize.left - panelSize.right,
  height: panelSize.height - panelSize.top - panelSize.bottom,
} as const
const at = (x: number): string => x.toFixed(1)
const y = (share: number): number => panelSize.top + (1 - share) * inner.height

/** The panel of the rows with a threshold. */
export const sensitivityPanel = (
  { metric, title }: SensitivityMeasure,
  rows: ReadonlyArray<SensitivityRow>,
  phi: number,
): Markup => {
  const [steps, sizes] = [distinct(rows.map((r) => r.steps)), distinct(rows.map((r) => r.safeRows))]
  const x = (i: number): number => panelSize.left + ((i + 0.5) * inner.width) / steps.length
  const every = Math.ceil(steps.length / 8)
  return html`<svg
    class="plot square"
    viewBox="0 0 ${panelSize.width} ${panelSize.height}"
    role="img"
    aria-label="${title} over safe steps at phi ${phi}"
  >
    <text class="mark" x="${panelSize.left}" y="16">${title}, phi ${phi}</text>
    ${[0, 0.25, 0.5, 0.75, 1].map((t) => gridLine(panelSize, y(t), t))}${steps.map((k, i) =>
      i % every === 0
        ? html`<text x="${at(x(i))}" y="${panelSize.height - 26}" text-anchor="middle">${k}</text>`
        : html``,
    )}
    <text x="${at(panelSize.left + inner.width / 2)}" y="${panelSize.height - 8}" text-anchor="middle">
      safe steps
    </text>
    ${sizes.map((rowsOfSet, line) => {
      const points = steps.flatMap((k, i) => {
        const value = rows.find((r) => r.steps === k && r.safeRows === rowsOfSet)?.[metric] ?? null
        return value === null ? [] : [{ i, k, value }]
      })
      return html`<g class="line ${colourOf(line)}">
        <path
          d="${points.map(({ i, value }, n) => `${n === 0 ? 'M' : 'L'}${at(x(i))} ${at(y(value))}`).join('')}"
        />
        ${points.map(
          ({ i, k, value }) =>
            html`<circle cx="${at(x(i))}" cy="${at(y(value))}" r="3.5"
              ><title>${k} steps, ${rowsOfSet} safe rows, phi ${phi}: ${places(value)}</title></circle
            >`,
        )}
      </g>`
    })}
  </svg>`
}
