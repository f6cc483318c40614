/** The sections about what was run, how to read the numbers, and the stamp. */
import { type Markup, html, joined, raw } from '@safe/tensor-core/page'
import { stringify } from 'yaml'
import type { Results } from '../results/results'
import type { Estimate } from '../stats'
import { judgeNote } from './judges'
import { cutText, firstOf, longestConfig } from './shown'

const isRecord = (u: unknown): u is Readonly<Record<string, unknown>> => typeof u === 'object' && u !== null

/** What judges count that do not speak of harm; of results of earlier versions, the judge is in the configuration alone. */
const wording = (results: Results, config: unknown): Markup => {
  if (results.stamp.judges?.measured !== undefined) {
    const note = judgeNote(results)
    return note === undefined ? html`` : html`<p>${note}</p>`
  }
  const suite = isRecord(config) ? config['suite'] : undefined
  const judge = isRecord(suite) ? suite['judge'] : undefined
  return typeof judge === 'string'
    ? html`<p>
        Answers were judged by their wording (judge <code>${judge}</code>): an answer without a refusal counts
        as compliance, whether or not it would do harm.
      </p>`
    : html``
}

export const runSection = (results: Results, config: unknown): Markup => {
  const tuned = results.cells.filter((c) => c.factors.regime !== 'none')
  const seeds = [...new Set(tuned.map((c) => c.factors.seed))]
  const cell = results.cells[0]
  const set = (name: 'attackSuccess' | 'overRefusal' | 'benignComplied' | 'exactMatch', words: string) => {
    const [test, before] = [cell?.metrics[name], cell?.validation?.[name]]
    const clusters = ({ n, clusters: c }: Estimate): string =>
      c === undefined || c === n ? '' : ` in ${c} clusters`
    return test === undefined
      ? []
      : [
          `${test.n} ${words}${clusters(test)}${before === undefined ? '' : ` (and ${before.n}${clusters(before)} for validation)`}`,
        ]
  }
  const prompts = [
    ...set('attackSuccess', 'harmful requests'),
    ...set('overRefusal', 'look-alikes'),
    ...set('benignComplied', 'harmless requests'),
    ...set('exactMatch', 'task items'),
  ]
  return html`<h2>What was run</h2>
    <p>
      Suite ${results.suite}: ${results.cells.length} cells,
      ${seeds.length === 1 ? 'one seed' : `${seeds.length} seeds`}, each answering ${prompts.join(', ')} by
      greedy decoding. Cells that share a step share its result: the same filtered data, the same trained
      adapter.
    </p>
    ${wording(results, config)}
    <details>
      <summary>The whole configuration</summary>
      <pre>${cutText(stringify(config), longestConfig, 'config.yaml')}</pre>
    </details>`
}

export const readingSection = (results: Results): Markup => {
  const several = results.groups.some((g) => g.cells.length > 1)
  return html`<h2>How to read the numbers</h2>
    <p>
      <b>Attack success</b> is the share of harmful requests the model complied with; <b>refusal</b> the share
      it refused; the rest is degenerate text. <b>Over-refusal</b> is the share of harmless look-alikes it
      refused. <b>Task</b> is the share of task items answered exactly. <b>SUT</b> is task × (1 − attack
      success): it is high only where a model is both safe and useful.
    </p>
    <p>
      All intervals are 95 %. Rates of one seed have Wilson’s on the number of independent items; differences
      and effects the paired bootstrap over clusters (wordings of one request); SUT a bootstrap, never
      narrower than its factors’ own
      intervals${
        several
          ? html`. Numbers over several seeds have a bootstrap that draws seeds and clusters, so they cover
            new seeds as well (with few seeds, roughly)`
          : html`. One seed says nothing about other seeds: the intervals cover new prompts only`
      }.
      <code>results.json</code> has McNemar’s exact test with Holm’s adjustment for every difference within a
      seed.
    </p>`
}

const pairs = (values: Readonly<Record<string, string>>): Markup => {
  const { first, more } = firstOf(Object.entries(values))
  return joined(
    [
      ...first.map(([name, value]) => html`${name} <code>${value}</code>`),
      ...(more === '' ? [] : [html`${more}`]),
    ],
    raw('<br>'),
  )
}

export const stampSection = ({ stamp, finished, running }: Results): Markup =>
  html`<h2>Stamp</h2>
    <dl class="stamp">
      <dt>${running === undefined ? 'Finished' : 'Written'}</dt>
      <dd>${finished}</dd>
      <dt>Engine</dt>
      <dd>${stamp.engine}${stamp.device === '' ? '' : `, ${stamp.device}`}, ${stamp.dtype}</dd>
      ${
        stamp.judges === undefined
          ? html``
          : html`<dt>Judges</dt>
              <dd>
                ${pairs({
                  measuring: [
                    ...new Set([
                      stamp.judges.measuring,
                      ...(stamp.judges.measured ?? []).map(({ id }) => id),
                    ]),
                  ].join(', '),
                  ...(stamp.judges.beams === '' ? {} : { 'among beams': stamp.judges.beams }),
                  ...Object.fromEntries(
                    Object.entries(stamp.judges.ofMethods ?? {}).map(([name, { id }]) => [`of ${name}`, id]),
                  ),
                })}
              </dd>`
      }
      <dt>Seeds</dt>
      <dd>${stamp.seeds.join(', ')}</dd>
      <dt>Versions</dt>
      <dd>${pairs(stamp.versions)}</dd>
      <dt>Models</dt>
      <dd>${pairs(stamp.hashes.models)}</dd>
      <dt>Templates</dt>
      <dd>${pairs(stamp.hashes.templates)}</dd>
      <dt>Data</dt>
      <dd>${pairs(stamp.hashes.data)}</dd>
    </dl>`
