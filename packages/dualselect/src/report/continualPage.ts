/** The report of learning tasks in turn: all strategies in one table, their course from task to task, and every accuracy. */
import { type Markup, html } from '@safe/tensor-core/page'
import type { ContinualResults, Measures, StrategyResult } from '../continual/results'
import { type MetricName, metricNames } from '../continual/metrics'
import type { IntervalEstimate } from '@safe/tensor-core/stats'
import { chart } from './chart'
import { metricWords } from './continualText'
import { estimateText, isPoints } from './estimateText'
import { page } from './page'

// model ------------------------------------------------------------------------------------------

export interface ContinualPageInput {
  readonly title: string
  readonly tasks: ReadonlyArray<string>
  readonly results: ContinualResults
  readonly replayBuffer: number
  readonly accuracy: string
  readonly safety?: { readonly name: string; readonly judge: string }
}

// tables -----------------------------------------------------------------------------------------

const measured = ({ strategies }: ContinualResults): ReadonlyArray<MetricName> =>
  metricNames.filter((name) => strategies.some(({ after }) => after.at(-1)?.[name] !== undefined))

const cell = (label: string, e: IntervalEstimate | undefined, points: boolean): Markup =>
  html`<td class="number" data-label="${label}">${estimateText(e, points)}</td>`

/** A row for each strategy, a column for each measure. */
const measuresTable = (
  caption: Markup,
  results: ContinualResults,
  rows: ReadonlyArray<{ readonly strategy: string; readonly measures: Measures }>,
  inPoints: (name: MetricName) => boolean,
): Markup => {
  const names = measured(results)
  return html`<table>
    <caption>
      ${caption}
    </caption>
    <thead>
      <tr>
        <th>strategy</th>
        ${names.map((name) => html`<th class="number">${metricWords[name]}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows.map(
        ({ strategy, measures }) =>
          html`<tr>
            <th>${strategy}</th>
            ${names.map((name) => cell(metricWords[name], measures[name], inPoints(name)))}
          </tr>`,
      )}
    </tbody>
  </table>`
}

const finalTable = (results: ContinualResults): Markup =>
  measuresTable(
    html`After the last task, in percent with 95 % intervals. Forgetting is better when smaller, all else when
    larger.`,
    results,
    results.strategies.map(({ strategy, after }) => ({ strategy, measures: after.at(-1) ?? {} })),
    isPoints,
  )

const differenceTable = (results: ContinualResults): Markup =>
  results.comparedWith === null
    ? html``
    : measuresTable(
        html`Difference from ${results.comparedWith}, in points, on the same rows and seeds. An interval
        without 0 is a difference.`,
        results,
        results.strategies.flatMap(({ strategy, difference }) =>
          difference === undefined ? [] : [{ strategy, measures: difference }],
        ),
        () => true,
      )

const accuracyTable = (tasks: ReadonlyArray<string>, { strategy, accuracies }: StrategyResult): Markup =>
  html`<table>
    <caption>
      ${strategy}: accuracy on each task after each task, in percent.
    </caption>
    <thead>
      <tr>
        <th></th>
        ${tasks.map((_, j) => html`<th class="number">task ${j + 1}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${accuracies.map(
        (row, t) =>
          html`<tr>
            <th>after task ${t + 1}</th>
            ${tasks.map((_, j) => {
              const value = row[j]
              return html`<td class="number" data-label="task ${j + 1}">
                ${value === undefined ? '' : (100 * value).toFixed(1)}
              </td>`
            })}
          </tr>`,
      )}
    </tbody>
  </table>`

// figures ----------------------------------------------------------------------------------------

const course = ({ strategies, start }: ContinualResults, name: MetricName, caption: string): Markup =>
  chart({
    title: metricWords[name],
    caption,
    xName: 'tasks learned',
    range: [0, 1],
    xLabels: [
      ...(start[name] === undefined ? [] : ['start']),
      ...(strategies[0]?.after ?? []).map((_, t) => String(t + 1)),
    ],
    series: strategies.map(({ strategy, after }, s) => ({
      name: strategy,
      points: [...(start[name] === undefined ? [] : [start]), ...after].flatMap((measures, t) => {
        const e = measures[name]
        // Strategies beside each other, so that their intervals can be told apart.
        const x = t + 0.05 * (s - (strategies.length - 1) / 2)
        return e === undefined ? [] : [{ x, y: e.value, low: e.low, high: e.high }]
      }),
    })),
  })

const figures = (results: ContinualResults): Markup =>
  html`<div class="figures">
    ${course(results, 'averageAccuracy', 'Mean accuracy on the tasks learned so far, with 95 % intervals.')}
    ${
      measured(results).includes('safety')
        ? course(results, 'safety', 'Share of safety prompts answered safely, with 95 % intervals.')
        : html``
    }
  </div>`

// constructors -----------------------------------------------------------------------------------

/** The page of one experiment. */
export const continualPage = ({
  title,
  tasks,
  results,
  replayBuffer,
  accuracy,
  safety,
}: ContinualPageInput): string =>
  page({
    title: `Continual learning: ${title}`,
    body: html`<h1>${tasks.length} tasks in turn: ${title}</h1>
      <p class="meta">
        ${results.seeds.length === 1 ? 'Seed' : 'Seeds'} ${results.seeds.join(', ')}; replay buffer of
        ${replayBuffer} rows; accuracy by
        ${accuracy === 'exact' ? 'whole responses' : 'tokens'}${
          safety === undefined ? '.' : `; safety on ${safety.name}, judged by ${safety.judge}.`
        }
      </p>
      ${finalTable(results)} ${differenceTable(results)}
      <h2>From task to task</h2>
      ${figures(results)}
      <h2>Every accuracy</h2>
      ${results.strategies.map((s) => accuracyTable(tasks, s))}
      <h2>Tasks</h2>
      <ol>
        ${tasks.map((name) => html`<li>${name}</li>`)}
      </ol>
      <p class="meta">
        Every strategy takes as many optimizer steps per task. Intervals resample held-out rows and seeds;
        with one seed they do not cover the variation between trainings. Average accuracy is the mean over the
        tasks after the last one; backward transfer the mean change of an earlier task's accuracy since it was
        learned; forgetting the mean fall below an earlier task's best accuracy.
      </p>`,
  })
