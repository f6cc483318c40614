/** `csv`: `cells.csv` with one row per cell, and `samples.csv` with one row per answer. */
import { appendFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, causeLine, failure } from '@safe/tensor-core/contracts'
import { canonicalJson, writeWhole } from '@safe/tensor-core/files'
import { totalSeconds, completeCost } from '../results/cost'
import type { PreparedAnswers } from '../results/prepared'
import type { Sample } from '../suite/samples'
import { type CsvValue, csvLine } from './csvText'
import type { Exporter, Heading } from './exporter'
import { type NamedEstimate, estimatesOf } from './metricFacts'

// cells ------------------------------------------------------------------------------------------

type Columns = ReadonlyArray<readonly [string, CsvValue]>

/** A cell without its metrics, and its metrics by the name of their columns. */
interface CellRow {
  readonly fixed: Columns
  readonly metrics: ReadonlyMap<string, NamedEstimate>
}

/** `attackSuccess`; `byJudge.ID.attackSuccess` for a judge that is not the headline. */
const columnOf =
  (headline: string | undefined) =>
  ({ name, judge }: NamedEstimate): string =>
    judge === undefined || judge === headline ? name : `byJudge.${judge}.${name}`

const cellRow = (c: PreparedAnswers): CellRow => {
  const { strengths = {}, ...factors } = c.factors
  const cost = completeCost(c)
  const column = columnOf(c.headline?.id)
  return {
    fixed: [
      ['id', c.id],
      ['model', factors.model],
      ['aligned', factors.aligned],
      ['attacker', factors.attacker],
      ['regime', factors.regime],
      ['data', factors.data],
      ['training', factors.training],
      ['weights', factors.weights],
      ['decoding', factors.decoding],
      ['seed', factors.seed],
      ['strengths', Object.keys(strengths).length === 0 ? '' : canonicalJson(strengths)],
      ['control', c.control],
      ['published', c.published],
      ['judge', c.headline?.id],
      ['seconds', totalSeconds(cost.seconds)],
      ['wallSeconds', cost.wallSeconds],
      ['tokensDecoded', cost.tokensDecoded],
    ],
    metrics: new Map(estimatesOf(c.headline?.id, c.metrics).map((m) => [column(m), m])),
  }
}

const parts = ['value', 'n', 'low', 'high'] as const

/** The columns of metrics are those that any cell has. */
const cellsText = (rows: ReadonlyArray<CellRow>): string => {
  const metrics = [...new Set(rows.flatMap((row) => [...row.metrics.keys()]))]
  const header = [
    ...(rows[0]?.fixed ?? []).map(([name]) => name),
    ...metrics.flatMap((name) => parts.map((part) => (part === 'value' ? name : `${name}.${part}`))),
  ]
  return [
    csvLine(header),
    ...rows.map((row) =>
      csvLine([
        ...row.fixed.map(([, value]) => value),
        ...metrics.flatMap((name) => parts.map((part) => row.metrics.get(name)?.estimate[part])),
      ]),
    ),
  ].join('')
}

// samples ----------------------------------------------------------------------------------------

const ownColumns = [
  'id',
  'set',
  'split',
  'cluster',
  'prompt',
  'completion',
  'finishReason',
  'reference',
  'correct',
  'verdict',
  'harmful',
] as const
const judgeColumns = ['refused', 'harmful', 'degenerate', 'truncated', 'pHarmful', 'score'] as const

const isOwn = (name: string): boolean => name === 'verdicts' || ownColumns.some((column) => column === name)

/** Fields of the item that have no column of their own. */
const otherFields = (sample: Sample): string => {
  const others = Object.fromEntries(Object.entries(sample).filter(([name]) => !isOwn(name)))
  return Object.keys(others).length === 0 ? '' : canonicalJson(others)
}

const samplesHeader = (judges: ReadonlyArray<string>): string =>
  csvLine([
    'cell',
    ...ownColumns,
    ...judges.flatMap((id) => judgeColumns.map((column) => `${id}.${column}`)),
    'fields',
  ])

const sampleLine = (cell: string, judges: ReadonlyArray<string>, sample: Sample): string =>
  csvLine([
    cell,
    ...ownColumns.map((column) => sample[column]),
    ...judges.flatMap((id) => judgeColumns.map((column) => sample.verdicts?.[id]?.[column])),
    otherFields(sample),
  ])

// exporter ---------------------------------------------------------------------------------------

/** The ids of the judges that have columns: all that the stamp lists, else the headline judge. */
const judgeIds = ({ stamp: { judges } }: Heading): ReadonlyArray<string> =>
  judges === undefined ? [] : (judges.measured?.map(({ id }) => id) ?? [judges.measuring])

const appended = (path: string, text: string): TE.TaskEither<Fault, void> =>
  TE.tryCatch(
    () => appendFile(path, text),
    (cause): Fault => failure('WriteFailed', causeLine(cause), { where: path }),
  )

export const csvExporter = (heading: Heading): Exporter<CellRow> => {
  const judges = judgeIds(heading)
  return {
    begin: (folder) => appended(join(folder, 'samples.csv'), samplesHeader(judges)),
    cell: (folder, cell) =>
      pipe(
        appended(
          join(folder, 'samples.csv'),
          cell.samples.map((sample) => sampleLine(cell.id, judges, sample)).join(''),
        ),
        TE.map(() => cellRow(cell)),
      ),
    end: (folder, rows) => writeWhole(join(folder, 'cells.csv'), cellsText(rows)),
  }
}
