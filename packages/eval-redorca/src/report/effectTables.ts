/** The effect of each method averaged over the other stages, and of two methods together compared with the sum of both. */
import { type Markup, html } from '@safe/tensor-core/page'
import { type Bound, type Effect, type Interaction, effectMetrics } from '../results/effects'
import { type FineTune, defendedStages, isSameFineTune } from '../plan/factors'
import type { Results } from '../results/results'
import { changeCell } from './cells'
import { percent, points, signedRange } from './format'

/** What is said where a contrast touches 0 or 1. */
const boundWords = (bound: Bound): string => `at the ${bound}`

const effectCell = (label: string, effect: Effect | undefined): Markup =>
  effect?.bound === undefined
    ? changeCell(label, effect?.change)
    : html`<td data-label="${label}" data-value="0" class="number absent">${boundWords(effect.bound)}</td>`

const effectColumns = [
  { metric: 'attackSuccess', name: 'Attack success' },
  { metric: 'overRefusal', name: 'Over-refusal' },
  { metric: 'exactMatch', name: 'Task' },
  { metric: 'sut', name: 'SUT' },
] as const

export const effectsTable = (results: Results, regime: FineTune): Markup | undefined => {
  const here = results.effects.filter((e) => isSameFineTune(e, regime))
  const methods = [...new Set(here.map((e) => e.method))]
  const find = (method: string, metric: string): Effect | undefined =>
    here.find((e) => e.method === method && e.metric === metric)
  return methods.length === 0
    ? undefined
    : html`<table class="numbers">
        <caption>
          Mean change in points when the method is switched on, over all combinations of the other stages.
          Bold: the interval excludes 0. At the floor or ceiling: some cell of the contrast is within 2 points
          of 0 or 100, where a rate cannot move further, so no change is stated.
        </caption>
        <thead>
          <tr>
            <th scope="col" class="first">Method</th>
            ${effectColumns.map(({ name }) => html`<th scope="col" class="number">${name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${methods.map((method) => {
            const any = here.find((e) => e.method === method)
            return html`<tr>
              <th scope="row">${method} <small>${any?.stage ?? ''}, ${any?.contexts ?? 0} pairs</small></th>
              ${effectColumns.map(({ metric, name }) => effectCell(name, find(method, metric)))}
            </tr>`
          })}
        </tbody>
      </table>`
}

/** The largest possible gain over no defence: a sum of gains beyond it cannot be reached. */
const room = (results: Results, regime: FineTune, metric: Interaction['metric']): number => {
  const bare = results.groups.find(
    (g) => isSameFineTune(g.factors, regime) && defendedStages(g.factors).length === 0,
  )
  const value = bare?.metrics[metric]?.value ?? Number.NaN
  return effectMetrics.find((m) => m.metric === metric)?.better === -1 ? value : 1 - value
}

const verdict = ({ beyondSum, gainFirst, gainSecond }: Interaction, most: number): string =>
  beyondSum.low > 0
    ? 'more than the sum'
    : beyondSum.high < 0
      ? gainFirst + gainSecond > most
        ? `less than the sum: at most ${percent(most)} to gain`
        : 'less than the sum'
      : 'about the sum'

const beyond = ({ beyondSum }: Interaction): Markup =>
  html`<span class="value${beyondSum.low > 0 || beyondSum.high < 0 ? ' sure' : ''}"
      >${points(beyondSum.value)}</span
    >
    <span class="range">${signedRange(beyondSum)}</span>`

const interactionRow = (i: Interaction, most: number): Markup =>
  html`<tr>
    <th scope="row">${i.first.method} + ${i.second.method}</th>
    <td data-label="Each alone" class="number">${points(i.gainFirst)} and ${points(i.gainSecond)}</td>
    <td data-label="Both" class="number"><span class="value">${points(i.gainBoth)}</span></td>
    <td data-label="Beyond the sum" class="number">
      ${i.bound === undefined ? beyond(i) : html`<span class="absent">${boundWords(i.bound)}</span>`}
    </td>
    <td data-label="Result">${i.bound === undefined ? verdict(i, most) : 'not stated'}</td>
  </tr>`

const interactionMetrics = [
  { metric: 'attackSuccess', name: 'Attack success (a gain is a fall)' },
  { metric: 'sut', name: 'SUT' },
] as const

export const interactionsTable = (results: Results, regime: FineTune): Markup | undefined => {
  const here = results.interactions.filter((i) => isSameFineTune(i, regime))
  return here.length === 0
    ? undefined
    : html`<table class="numbers">
        <caption>
          Gains in points over no defence, with all other stages off.
        </caption>
        <thead>
          <tr>
            <th scope="col" class="first">Two methods</th>
            <th scope="col" class="number">Each alone</th>
            <th scope="col" class="number">Both</th>
            <th scope="col" class="number">Beyond the sum</th>
            <th scope="col">Result</th>
          </tr>
        </thead>
        ${interactionMetrics.map(({ metric, name }) => {
          const rows = here.filter((i) => i.metric === metric)
          return rows.length === 0
            ? html``
            : html`<tbody>
                <tr class="band">
                  <th colspan="5" scope="rowgroup">${name}</th>
                </tr>
                ${rows.map((i) => interactionRow(i, room(results, regime, metric)))}
              </tbody>`
        })}
      </table>`
}
