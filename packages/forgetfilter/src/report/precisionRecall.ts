/** Precision over recall for every threshold, with the point of the one that was used. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { PrecisionRecall } from '../audit/ranking'

const size = { width: 420, height: 340, left: 46, right: 14, top: 14, bottom: 44 } as const
const inner = {
  width: size.width - size.left - size.right,
  height: size.height - size.top - size.bottom,
} as const
const x = (recall: number): string => (size.left + recall * inner.width).toFixed(1)
const y = (precision: number): string => (size.top + (1 - precision) * inner.height).toFixed(1)

/** The path of the curve as average precision sums it: precision is that of the next larger recall. */
const pathOf = (points: ReadonlyArray<PrecisionRecall>): string =>
  points
    .map(({ recall, precision }, i) =>
      i === 0 ? `M${x(0)} ${y(precision)}H${x(recall)}` : `V${y(precision)}H${x(recall)}`,
    )
    .join('')

/** @param used precision and recall of the threshold that was used; undefined where there is none */
export const precisionRecallPlot = (
  points: ReadonlyArray<PrecisionRecall>,
  used: PrecisionRecall | undefined,
): Markup =>
  html`<svg
    class="plot square"
    viewBox="0 0 ${size.width} ${size.height}"
    role="img"
    aria-label="Precision over recall of the rates for every threshold${used === undefined ? '' : `; the threshold used has precision ${used.precision.toFixed(3)} and recall ${used.recall.toFixed(3)}`}"
  >
    <rect class="frame" x="${size.left}" y="${size.top}" width="${inner.width}" height="${inner.height}" />
    ${[0, 0.25, 0.5, 0.75, 1].map(
      (t) =>
        html`<text x="${x(t)}" y="${size.height - 26}" text-anchor="middle">${t}</text
          ><text x="${size.left - 6}" y="${Number(y(t)) + 4}" text-anchor="end">${t}</text>`,
    )}
    <text x="${x(0.5)}" y="${size.height - 6}" text-anchor="middle">recall</text>
    <text transform="translate(12 ${y(0.5)}) rotate(-90)" text-anchor="middle">precision</text>
    <path class="curve" d="${pathOf(points)}" />
    ${
      used !== undefined &&
      html`<circle class="point" cx="${x(used.recall)}" cy="${y(used.precision)}" r="5.5"
        ><title>
          threshold used: precision ${used.precision.toFixed(3)}, recall ${used.recall.toFixed(3)}
        </title></circle
      >`
    }
  </svg>`
