/** Results as Markdown: the machine, then one line per quantity, then the agreement of both sides. */
import type { Machine } from './machine'
import type { QuantityResult, RowResult } from './measureRow'

// model ------------------------------------------------------------------------------------------

export interface SuiteResult {
  readonly machine: Machine
  readonly shape: string
  readonly threads: number
  readonly rows: ReadonlyArray<RowResult>
  readonly failed: ReadonlyArray<{ readonly name: string; readonly why: string }>
}

// cells ------------------------------------------------------------------------------------------

const digits = (x: number): string => (Math.abs(x) >= 100 ? x.toFixed(0) : x.toPrecision(3))
const ratio = (x: number): string => x.toFixed(2)

const line = (cells: ReadonlyArray<string>): string => `| ${cells.join(' | ')} |`

const table = (head: ReadonlyArray<string>, body: ReadonlyArray<ReadonlyArray<string>>): string => {
  const widths = head.map((h, i) => Math.max(3, h.length, ...body.map((r) => r[i]?.length ?? 0)))
  const padded = (cells: ReadonlyArray<string>): string => line(cells.map((c, i) => c.padEnd(widths[i] ?? 0)))
  return [padded(head), line(widths.map((w) => '-'.repeat(w))), ...body.map(padded)].join('\n')
}

const quantityCells = (row: RowResult, q: QuantityResult, first: boolean): ReadonlyArray<string> => [
  first ? `\`${row.name}\`` : '',
  q.what,
  q.against,
  `${digits(q.ours)} ${q.unit}`,
  `${digits(q.theirs)} ${q.unit}`,
  `**${ratio(q.ratio.median)}**`,
  `${ratio(q.ratio.least)} to ${ratio(q.ratio.most)}`,
  String(q.ratio.n),
  q.target === undefined ? '' : `${q.target}: ${q.held === true ? 'held' : 'not held'}`,
]

const HEAD = [
  'row',
  'measured',
  'compared with',
  'ours',
  'theirs',
  'ratio',
  'least to most',
  'rounds',
  'target',
]

// documents --------------------------------------------------------------------------------------

const machineTable = ({ machine: m, shape, threads, rows }: SuiteResult): string =>
  table(
    ['machine', ''],
    [
      ['date', m.date],
      [
        'processor',
        [m.processor, ...m.instructions, `${m.cores} cores`, `${m.memoryGB} GiB`, m.system].join(', '),
      ],
      ['threads', `${threads} on both sides`],
      ['ours', `${[...new Set(rows.map((r) => r.engine))].join('; ')}; Node ${m.node}`],
      [
        'theirs',
        `PyTorch ${m.python.torch}, transformers ${m.python.transformers}, peft ${m.python.peft}, Python ${m.python.python}`,
      ],
      ['shape', shape],
      ['load before the run', m.load.toFixed(2)],
    ],
  )

export const markdown = (result: SuiteResult): string =>
  [
    machineTable(result),
    table(
      HEAD,
      result.rows.flatMap((row) => row.quantities.map((q, i) => quantityCells(row, q, i === 0))),
    ),
    table(
      ['row', 'what', 'both sides'],
      result.rows.map((row) => [
        `\`${row.name}\``,
        row.what,
        `${row.agreement.same ? '' : '**not the same**: '}${row.agreement.how}`,
      ]),
    ),
    ...result.failed.map(({ name, why }) => `\`${name}\` could not be measured: ${why}`),
  ].join('\n\n')
