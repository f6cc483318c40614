/** Which references were selected at which refresh: a column per refresh, a row per reference, a cell where it was selected. */
import { type Markup, html } from '@safe/tensor-core/page'
import { type StoryRow, timesSelected } from './story'

const width = 560
const left = 40
const cellHeight = 9
/** References shown, those selected most often. */
const mostRows = 48
/** Refreshes shown; of more, evenly spaced ones. */
const mostColumns = 80

const thinned = <A>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  all.length <= mostColumns
    ? all
    : Array.from(
        { length: mostColumns },
        (_, i) => all[Math.round((i * (all.length - 1)) / (mostColumns - 1))],
      ).flatMap((a) => (a === undefined ? [] : [a]))

/** A figure; nothing where there are fewer than two refreshes. */
export const raster = (refreshes: ReadonlyArray<StoryRow>): Markup => {
  if (refreshes.length < 2) return html``
  const columns = thinned(refreshes)
  const rows = timesSelected(refreshes).slice(0, mostRows)
  const cell = (width - left) / columns.length
  const height = rows.length * cellHeight
  const place = new Map(rows.map(({ number }, i) => [number, i]))
  return html`<figure class="wide">
    <h3>Which references, at each refresh</h3>
    <svg viewBox="0 0 ${width} ${height + 26}" role="img" aria-label="References selected at each refresh">
      ${rows.map(({ number }, i) =>
        i % 2 === 0
          ? html`<text x="${left - 6}" y="${(i + 1) * cellHeight + 1}" text-anchor="end">${number}</text>`
          : html``,
      )}
      ${columns.map(({ indices, weights }, c) => {
        const most = Math.max(...weights)
        return html`${indices.map((n, k) => {
          const row = place.get(n)
          return row === undefined
            ? html``
            : html`<rect
                class="cell"
                x="${(left + c * cell).toFixed(1)}"
                y="${row * cellHeight + 1}"
                width="${Math.max(1, cell - 1).toFixed(1)}"
                height="${cellHeight - 1}"
                opacity="${Math.max(0.15, (weights[k] ?? 0) / most).toFixed(2)}"
              />`
        })}`
      })}
      <text x="${left}" y="${height + 20}">step ${columns[0]?.step ?? 0}</text>
      <text x="${width}" y="${height + 20}" text-anchor="end">step ${columns.at(-1)?.step ?? 0}</text>
    </svg>
    <figcaption>
      A row per reference, by its number in the file, the most often selected first; darker is a larger
      weight.${
        columns.length < refreshes.length
          ? html` ${columns.length} of ${refreshes.length} refreshes are shown.`
          : html``
      }
    </figcaption>
  </figure>`
}
