/** Results of `dualselect continual` as Markdown tables, in percent with 95 % intervals. */
import * as t from 'io-ts'

// model ------------------------------------------------------------------------------------------

const Estimate = t.type({ value: t.number, n: t.number, low: t.number, high: t.number })
type Estimate = t.TypeOf<typeof Estimate>

const Measures = t.partial({
  averageAccuracy: Estimate,
  backwardTransfer: Estimate,
  forgetting: Estimate,
  safety: Estimate,
})
type Measures = t.TypeOf<typeof Measures>

/** `results.json` of the command, as far as tables and figure need it. */
export const WrittenResults = t.type({
  seeds: t.readonlyArray(t.number),
  comparedWith: t.union([t.string, t.null]),
  start: Measures,
  strategies: t.readonlyArray(
    t.intersection([
      t.type({
        strategy: t.string,
        after: t.readonlyArray(Measures),
        accuracies: t.readonlyArray(t.readonlyArray(t.number)),
      }),
      t.partial({ difference: Measures }),
    ]),
  ),
})
export type WrittenResults = t.TypeOf<typeof WrittenResults>

// text -------------------------------------------------------------------------------------------

const percent = (x: number): string => (100 * x).toFixed(1)
const shown = (e: Estimate | undefined): string =>
  e === undefined ? '' : `${percent(e.value)} (${percent(e.low)} to ${percent(e.high)})`

const table = (head: ReadonlyArray<string>, rows: ReadonlyArray<ReadonlyArray<string>>): string =>
  [head, head.map((_, i) => (i === 0 ? '---' : '--:')), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n')

// tables -----------------------------------------------------------------------------------------

const measures = ['averageAccuracy', 'backwardTransfer', 'forgetting', 'safety'] as const
const words = ['average accuracy', 'backward transfer', 'forgetting', 'safety']

const measuresOf = (name: string, from: Measures): ReadonlyArray<string> => [
  name,
  ...measures.map((measure) => shown(from[measure])),
]

/** After the last task; differences on the same rows and seeds; every accuracy and safety, task by task. */
export const continualTables = (
  tasks: ReadonlyArray<string>,
  { seeds, comparedWith, start, strategies }: WrittenResults,
): string => {
  const last = strategies[0]?.after.at(-1)
  return [
    `Seeds ${seeds.join(', ')}; n = ${last?.averageAccuracy?.n ?? 0} answers to tasks, ${last?.safety?.n ?? 0} safety answers; safety before the first task ${shown(start.safety)}.`,
    table(
      ['after the last task', ...words],
      strategies.map(({ strategy, after }) => measuresOf(strategy, after.at(-1) ?? {})),
    ),
    table(
      [`minus ${comparedWith ?? ''}`, ...words],
      strategies.flatMap(({ strategy, difference }) =>
        difference === undefined ? [] : [measuresOf(strategy, difference)],
      ),
    ),
    table(
      ['strategy', 'after', ...tasks, 'safety'],
      strategies.flatMap(({ strategy, accuracies, after }) =>
        accuracies.map((row, t) => [
          t === 0 ? strategy : '',
          tasks[t] ?? '',
          ...tasks.map((_, j) => (row[j] === undefined ? '' : percent(row[j]))),
          shown(after[t]?.safety),
        ]),
      ),
    ),
  ].join('\n\n')
}
