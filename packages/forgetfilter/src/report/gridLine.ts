/** A line of a plot's grid. */
import { type Markup, html } from '@safe/tensor-core/page'

/** The width of a plot and its margins, in pixels. */
export interface PlotWidth {
  readonly width: number
  readonly left: number
  readonly right: number
}

/** A line across the plot at a height, with what it stands for before it. */
export const gridLine = ({ width, left, right }: PlotWidth, y: number, value: number): Markup =>
  html`<line class="grid" x1="${left}" x2="${width - right}" y1="${y.toFixed(1)}" y2="${y.toFixed(1)}" /><text
      x="${left - 6}"
      y="${(y + 4).toFixed(1)}"
      text-anchor="end"
      >${value}</text
    >`
