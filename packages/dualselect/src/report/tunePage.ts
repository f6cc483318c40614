/** The report of a search: every setting beside plain fine-tuning, and which one was chosen on what. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { Setting } from '../tune/grid'
import type { SettingResult, TuneResults } from '../tune/results'
import { type Series, chart } from './chart'
import { estimateText } from './estimateText'
import { page } from './page'

// model ------------------------------------------------------------------------------------------

export interface TunePageInput {
  readonly title: string
  readonly task: string
  readonly safety: string
  readonly judge: string
  readonly results: TuneResults
}

// parts ------------------------------------------------------------------------------------------

const isChosen = (chosen: Setting | null, s: Setting): boolean =>
  chosen !== null && chosen.rho === s.rho && chosen.tokenBudget === s.tokenBudget

const row = ({ chosen }: TuneResults, s: SettingResult): Markup =>
  html`<tr ${isChosen(chosen, s) ? html`class="best"` : html``}>
    <th>rho ${s.rho}, budget ${s.tokenBudget}${isChosen(chosen, s) ? ' (chosen)' : ''}</th>
    <td class="number" data-label="accuracy">${estimateText(s.accuracy)}</td>
    <td class="number" data-label="safety">${estimateText(s.safety)}</td>
    <td class="number" data-label="accuracy, difference">${estimateText(s.difference.accuracy, true)}</td>
    <td class="number" data-label="safety, difference">${estimateText(s.difference.safety, true)}</td>
    <td data-label="keeps the task">${s.keepsTask ? 'yes' : 'no'}</td>
  </tr>`

const table = (results: TuneResults): Markup =>
  html`<table>
    <caption>
      On validation rows, in percent with 95 % intervals; differences from plain fine-tuning in points.
    </caption>
    <thead>
      <tr>
        <th>setting</th>
        <th class="number">accuracy</th>
        <th class="number">safety</th>
        <th class="number">accuracy, difference</th>
        <th class="number">safety, difference</th>
        <th>keeps the task</th>
      </tr>
    </thead>
    <tbody>
      <tr>
        <th>plain fine-tuning</th>
        <td class="number" data-label="accuracy">${estimateText(results.plain.accuracy)}</td>
        <td class="number" data-label="safety">${estimateText(results.plain.safety)}</td>
        <td></td>
        <td></td>
        <td></td>
      </tr>
      ${results.settings.map((s) => row(results, s))}
    </tbody>
  </table>`

/** Budgets shown, the largest ones. */
const mostBudgets = 4

const titles = { accuracy: 'Accuracy', safety: 'Safety' } as const

/** Along the benchmark's strengths rho and budget move together: one curve. */
const alongPath = (settings: ReadonlyArray<SettingResult>, of: 'accuracy' | 'safety'): Markup =>
  chart({
    title: titles[of],
    caption: 'By strength, with 95 % intervals.',
    xName: 'rho / token budget',
    range: [0, 1],
    xLabels: settings.map(({ rho, tokenBudget }) => `${rho} / ${tokenBudget}`),
    series: [
      {
        name: titles[of],
        points: settings.map((s, x) => ({ x, y: s[of].value, low: s[of].low, high: s[of].high })),
      },
    ],
  })

const figure = ({ settings }: TuneResults, of: 'accuracy' | 'safety'): Markup => {
  const rhos = [...new Set(settings.map(({ rho }) => rho))]
  const budgets = [...new Set(settings.map(({ tokenBudget }) => tokenBudget))].slice(0, mostBudgets)
  if (rhos.length === settings.length && budgets.length > 1) return alongPath(settings, of)
  return chart({
    title: titles[of],
    caption: 'By strength of the correction, with 95 % intervals.',
    xName: 'rho',
    range: [0, 1],
    xLabels: rhos.map(String),
    series: budgets.map((budget, b): Series => ({
      name: `budget ${budget}`,
      points: settings
        .filter(({ tokenBudget }) => tokenBudget === budget)
        .map((s) => ({
          // Budgets beside each other, so that their intervals can be told apart.
          x: rhos.indexOf(s.rho) + 0.05 * (b - (budgets.length - 1) / 2),
          y: s[of].value,
          low: s[of].low,
          high: s[of].high,
        })),
    })),
  })
}

// constructors -----------------------------------------------------------------------------------

/** The page of one search. */
export const tunePage = ({ title, task, safety, judge, results }: TunePageInput): string =>
  page({
    title: `DualSelect, strength: ${title}`,
    body: html`<h1>Strength of DualSelect: ${title}</h1>
      <p class="meta">
        Task ${task}; safety prompts ${safety}, judged by ${judge};
        ${results.seeds.length === 1 ? 'seed' : 'seeds'} ${results.seeds.join(', ')}; epsilon
        ${results.epsilon}.
      </p>
      <p class="lead">${results.reason}.</p>
      ${table(results)}
      <div class="figures">${figure(results, 'safety')} ${figure(results, 'accuracy')}</div>
      <p class="meta">
        The choice is made on these rows, so its numbers are optimistic: measure the chosen setting on other
        rows. Every training takes as many optimizer steps.
      </p>`,
  })
