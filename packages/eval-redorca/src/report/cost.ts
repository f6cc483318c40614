/** What each combination cost: time by stage, also in relation to the undefended run, memory, and what was decoded. */
import { type Markup, html } from '@safe/tensor-core/page'
import { rowName } from './format'
import { type Stage, stages } from '@safe/tensor-core/contracts'
import { type StageAmounts, largestOf, sumOf, totalSeconds } from '../results/cost'
import type { CellResult, GroupResult, Results } from '../results/results'
import { bytesWords, countWords, timeWords, timesWords } from './amounts'
import { groupName } from './judges'
import { plain, table } from './tableText'
import { type RegimeReading, byMerit } from './reading'

// model ------------------------------------------------------------------------------------------

/** The cost of a combination, as the mean over its seeds; what is not known of one seed is not known. */
export interface CostRow {
  readonly name: string
  readonly seconds: StageAmounts
  readonly total: number | null
  /** The total in relation to that of the undefended run. */
  readonly relative: number | null
  readonly peakBytes: number | null
  readonly tokensDecoded: number | null
  /** Null where no method tells it. */
  readonly extraForwardPasses: number | null
}

const meanOf = (values: ReadonlyArray<number | null>): number | null => {
  const sum = sumOf(values)
  return sum === null || values.length === 0 ? null : sum / values.length
}

const cellsOf = (results: Results, group: GroupResult): ReadonlyArray<CellResult> =>
  results.cells.filter(({ id }) => group.cells.includes(id))

const costOf = (cells: ReadonlyArray<CellResult>): Omit<CostRow, 'name' | 'relative'> => {
  const at = (stage: Stage): number | null => meanOf(cells.map((c) => c.seconds[stage]))
  return {
    seconds: { data: at('data'), training: at('training'), weights: at('weights'), decoding: at('decoding') },
    total: meanOf(cells.map((c) => totalSeconds(c.seconds))),
    peakBytes: largestOf(cells.map((c) => largestOf(stages.map((stage) => c.peakBytes[stage])))),
    tokensDecoded: meanOf(cells.map((c) => c.tokensDecoded)),
    extraForwardPasses: meanOf(cells.map((c) => c.extraForwardPasses ?? null)),
  }
}

/** The undefended run, the combinations by merit, and the controls; empty where no cost is known at all. */
export const costRows = (
  results: Results,
  { none, defended, controls }: RegimeReading,
): ReadonlyArray<CostRow> => {
  const groups = [...(none === undefined ? [] : [none]), ...[...defended].sort(byMerit), ...controls]
  const bare = none === undefined ? null : costOf(cellsOf(results, none)).total
  const rows = groups.map((g): CostRow => {
    const cost = costOf(cellsOf(results, g))
    return {
      name: rowName(groupName(g), g),
      ...cost,
      relative: cost.total === null || bare === null || bare === 0 ? null : cost.total / bare,
    }
  })
  return rows.some(({ seconds }) => stages.some((stage) => seconds[stage] !== null)) ? rows : []
}

// columns ----------------------------------------------------------------------------------------

interface Column {
  readonly name: string
  readonly short: string
  readonly value: (row: CostRow) => number | null
  readonly words: (value: number) => string
}

const stageColumns = {
  data: 'with the trainings that a filter needs',
  training: 'fine-tuning',
  weights: 'correcting the adapter',
  decoding: 'answering all prompts',
} as const

const columns: ReadonlyArray<Column> = [
  ...stages.map((stage) => ({
    name: `${stage.slice(0, 1).toUpperCase()}${stage.slice(1)}`,
    short: stageColumns[stage],
    value: (row: CostRow) => row.seconds[stage],
    words: timeWords,
  })),
  { name: 'Total', short: 'all stages', value: (row) => row.total, words: timeWords },
  { name: 'Relative', short: 'to the undefended run', value: (row) => row.relative, words: timesWords },
  { name: 'Memory', short: 'largest, of the process', value: (row) => row.peakBytes, words: bytesWords },
  { name: 'Tokens', short: 'of all answers', value: (row) => row.tokensDecoded, words: countWords },
  {
    name: 'Extra passes',
    short: 'through a model, by rows or tokens',
    value: (row) => row.extraForwardPasses,
    words: countWords,
  },
]

/** Columns of which something is known. */
const knownColumns = (rows: ReadonlyArray<CostRow>): ReadonlyArray<Column> =>
  columns.filter(({ value }) => rows.some((row) => value(row) !== null))

const explanation =
  'Wall time, the mean over seeds, and the largest resident memory of the process while a step ran, models that it keeps included. A step that several cells share counts in each of them as if it was computed for it; judging is not counted. Memory of an accelerator is not in it.'

// constructors -----------------------------------------------------------------------------------

/** Where the columns do not fit side by side the table scrolls by itself; what is narrow stacks, as all tables. */
export const costStyle = `
.scroll{overflow-x:auto}
.cost .number{overflow-wrap:normal}.cost td.number{white-space:nowrap}
.cost tbody th{min-width:8.5em}
`

const cell = ({ name, value, words }: Column, row: CostRow): Markup => {
  const amount = value(row)
  return amount === null
    ? html`<td data-label="${name}" data-value="-1" class="number absent">–</td>`
    : html`<td data-label="${name}" data-value="${amount}" class="number">${words(amount)}</td>`
}

/** The table of a regime; undefined where no cost is known, as in results of earlier versions. */
export const costTable = (results: Results, regime: RegimeReading): Markup | undefined => {
  const rows = costRows(results, regime)
  const shown = knownColumns(rows)
  return rows.length === 0
    ? undefined
    : html`<div class="scroll" tabindex="0" role="region" aria-label="Cost">
        <table class="numbers sortable cost">
          <caption>
            ${explanation}
          </caption>
          <thead>
            <tr>
              <th scope="col" class="first">Defences</th>
              ${shown.map(
                ({ name, short }) => html`<th scope="col" class="number">${name}<small>${short}</small></th>`,
              )}
            </tr>
          </thead>
          <tbody>
            ${rows.map(
              (row) =>
                html`<tr>
                  <th scope="row" data-value="${row.name}">${row.name}</th>
                  ${shown.map((column) => cell(column, row))}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>`
}

/** The same as Markdown; empty where there is nothing to show. */
export const costText = (results: Results, regime: RegimeReading): ReadonlyArray<string> => {
  const rows = costRows(results, regime)
  const shown = knownColumns(rows)
  return rows.length === 0
    ? []
    : [
        `Cost. ${explanation}`,
        table(
          ['Defences', ...shown.map(({ name }) => name)],
          rows.map((row) => [
            plain(row.name),
            ...shown.map(({ value, words }) => {
              const amount = value(row)
              return amount === null ? '–' : words(amount)
            }),
          ]),
        ),
      ]
}
