/** The report of a sweep as one page: the setting recommended, the plane with the front, all settings. It has numbers and no texts. */
import { html, pageOf } from '@safe/tensor-core/page'
import { plane } from './plane'
import type { SweepReport } from './report'
import { statedWords } from './report'
import { style } from './style'
import { table } from './table'
import { against, cautions, recommendation } from './words'

/** The page as one HTML document. */
export const sweepPage = (report: SweepReport): string => {
  const { results, setup, notes } = report
  return pageOf({
    title: 'AlignBeam, sweep of settings',
    style,
    body: html`<main>
      <h1>Settings of AlignBeam</h1>
      <p class="meta">
        Refusal of harmful requests against refusal of benign ones, with the time that it takes.
      </p>
      <p class="lead">${recommendation(results)}</p>
      ${cautions(results).map((line) => html`<p class="note">${line}</p>`)}
      ${results.differences.map((d) => html`<p class="meta">${against(d)}</p>`)}
      <h2>Refusal against over-refusal</h2>
      ${plane(results)}
      <h2>All settings</h2>
      ${table(results, statedWords(results))}
      <h2>How it was measured</h2>
      ${notes.map((line) => html`<p>${line}</p>`)}
      <dl>
        ${setup.map(
          ([name, value]) =>
            html`<dt>${name}</dt>
              <dd>${value}</dd>`,
        )}
      </dl>
    </main>`,
  })
}
