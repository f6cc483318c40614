/** The report of a training run: what was selected over time, and how far the two sides pulled against each other. */
import { type Markup, html } from '@safe/tensor-core/page'
import { type Dataset, type Example, promptText, responseText } from '@safe/tensor-core/contracts'
import { documentOf, parametersOf } from '@safe/tensor-core/options'
import { type DualSelectOptions, dualSelectOptions } from '../options'
import { chart } from './chart'
import { facts, page, setup } from './page'
import { raster } from './raster'
import {
  type StoryRow,
  type TrainingStory,
  overlaps,
  selectedConflict,
  selectedLoss,
  timesSelected,
  wholeConflict,
  wholeLoss,
} from './story'

// model ------------------------------------------------------------------------------------------

export interface TrainingPageInput {
  readonly title: string
  readonly task: Dataset['name']
  readonly options: DualSelectOptions
  readonly story: TrainingStory
  readonly references: {
    readonly name: string
    readonly rows: ReadonlyArray<{ readonly number: number; readonly row: Example }>
  }
}

// parts ------------------------------------------------------------------------------------------

const percent = (x: number): string =>
  Number.isFinite(x) ? `${(100 * x).toFixed(0)}\u00a0%` : 'not measured'
const mean = (xs: ReadonlyArray<number>): number => {
  const finite = xs.filter(Number.isFinite)
  return finite.length === 0 ? Number.NaN : finite.reduce((s, x) => s + x, 0) / finite.length
}

const along = (
  rows: ReadonlyArray<StoryRow>,
  of: (row: StoryRow) => number,
): ReadonlyArray<{ x: number; y: number }> => rows.map((row) => ({ x: row.step, y: of(row) }))

const referenceFigures = ({ references }: TrainingStory): Markup =>
  html`<h2>References</h2>
    <div class="figures">
      ${chart({
        title: 'Overlap with the refresh before',
        caption: 'Shared references, of those in either selection (Jaccard): 1 is the same selection again.',
        xName: 'step',
        range: [0, 1],
        series: [
          {
            name: 'overlap',
            points: overlaps(references).map(({ step, overlap }) => ({ x: step, y: overlap })),
          },
        ],
      })}
      ${chart({
        title: 'Conflict of references with the task',
        caption: 'Share of references whose gradient points against the task gradient (negative cosine).',
        xName: 'step',
        range: [0, 1],
        series: [
          { name: 'selected', points: along(references, selectedConflict) },
          { name: 'all measured', points: along(references, wholeConflict) },
        ],
      })}
      ${chart({
        title: 'Loss of references',
        caption: 'Mean loss at each refresh, nats: of the selected ones, and of all that were measured.',
        xName: 'step',
        series: [
          { name: 'selected', points: along(references, selectedLoss) },
          { name: 'all measured', points: along(references, wholeLoss) },
        ],
      })}
    </div>
    ${raster(references)}`

const taskFigures = ({ tasks, steps }: TrainingStory): Markup =>
  html`<h2>Task</h2>
    <div class="figures">
      ${chart({
        title: 'Conflict of task rows with the references',
        caption: 'Share of the rows of a batch whose gradient points against the reference gradient.',
        xName: 'step',
        range: [0, 1],
        series: [
          { name: 'kept', points: along(tasks, selectedConflict) },
          { name: 'whole batch', points: along(tasks, wholeConflict) },
        ],
      })}
      ${chart({
        title: 'Loss of task rows',
        caption: 'Mean loss of a batch before its step, nats: of the kept rows, and of the whole batch.',
        xName: 'step',
        series: [
          { name: 'kept', points: along(tasks, selectedLoss) },
          { name: 'whole batch', points: along(tasks, wholeLoss) },
        ],
      })}
      ${chart({
        title: 'Training loss',
        caption: 'The loss that each optimizer step was taken at, warm-up included, nats.',
        xName: 'step',
        series: [
          { name: 'loss', points: steps.map(({ step, loss }) => ({ x: step, y: loss ?? Number.NaN })) },
        ],
      })}
    </div>`

const mostText = 160
const cut = (text: string): string => (text.length > mostText ? `${text.slice(0, mostText - 1)}…` : text)

const textOf = ({ prompt, response }: Example): string => {
  const [asked, answered] = [promptText(prompt), responseText(response)]
  return asked === '' && answered === '' ? 'tokens' : `${cut(asked)} → ${cut(answered)}`
}

const mostListed = 12

const listed = ({ story: { references }, references: { rows } }: TrainingPageInput): Markup => {
  const of = new Map(rows.map(({ number, row }) => [number, row]))
  const top = timesSelected(references).slice(0, mostListed)
  return top.length === 0
    ? html``
    : html`<table>
        <caption>
          The references selected most often, of ${references.length} refreshes.
        </caption>
        <thead>
          <tr>
            <th>reference</th>
            <th class="number">selected</th>
            <th>prompt and response</th>
          </tr>
        </thead>
        <tbody>
          ${top.map(({ number, times }) => {
            const row = of.get(number)
            return html`<tr>
              <th>${number}${row === undefined ? '' : ` (${cut(row.id)})`}</th>
              <td class="number" data-label="selected">${times}</td>
              <td class="text" data-label="row">${row === undefined ? '' : textOf(row)}</td>
            </tr>`
          })}
        </tbody>
      </table>`
}

const lead = ({ story: { references, tasks } }: TrainingPageInput): Markup => {
  const kept = mean(tasks.map(({ indices, among }) => indices.length / (among?.rows ?? Number.NaN)))
  return html`<p class="lead">
    ${references.length} ${references.length === 1 ? 'refresh' : 'refreshes'} selected
    ${timesSelected(references).length} different references;
    ${tasks.length === 0 ? 'every task row was learned from.' : html`${percent(kept)} of the task rows were learned from.`}
  </p>`
}

// constructors -----------------------------------------------------------------------------------

/** The page of one training run. */
export const trainingPage = (input: TrainingPageInput): string => {
  const { title, task, options, story, references } = input
  return page({
    title: `DualSelect: ${title}`,
    body: html`<h1>What DualSelect selected: ${title}</h1>
      <p class="meta">Task ${task}, references ${references.name} (${references.rows.length} rows).</p>
      ${lead(input)}
      ${facts([
        ['optimizer steps', story.steps.length],
        [
          'mean overlap of refreshes',
          percent(mean(overlaps(story.references).map(({ overlap }) => overlap))),
        ],
        ['references against the task', percent(mean(story.references.map(wholeConflict)))],
        ['task rows against the references', percent(mean(story.tasks.map(wholeConflict)))],
      ])}
      ${story.references.length === 0 ? html`` : referenceFigures(story)} ${listed(input)}
      ${taskFigures(story)}
      <h2>Options</h2>
      ${setup(
        Object.entries(documentOf(parametersOf(dualSelectOptions, options))).map(([name, value]) => [
          name,
          String(value),
        ]),
      )}`,
  })
}
