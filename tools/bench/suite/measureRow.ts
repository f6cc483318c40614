/** Measures one row in rounds: all processes in turn, then the ratios of each round. */
import { type Setting, measure, ourProgram, referenceProgram } from './child'
import { weightsFile } from './files'
import type { Measured } from './measured'
import { prepareCache } from './pageCache'
import { measureOurs, measureTheirs, realModelFolder } from './real/wholeProcess'
import type { Request } from './request'
import type { Agreement, Quantity, Round, Row } from './row'
import type { Shape } from './shapes'
import { type Spread, median, spreadOf } from './statistics'

// model ------------------------------------------------------------------------------------------

export interface QuantityResult {
  readonly what: string
  readonly against: string
  readonly unit: Quantity['unit']
  /** Medians over the rounds. */
  readonly ours: number
  readonly theirs: number
  /** The spread of the rounds' ratios. */
  readonly ratio: Spread
  readonly target?: string
  readonly held?: boolean
}

export interface RowResult {
  readonly name: string
  readonly what: string
  readonly engine: string
  readonly quantities: ReadonlyArray<QuantityResult>
  /** The worst agreement of all rounds. */
  readonly agreement: Agreement
  /** All reports, one record per round. */
  readonly rounds: ReadonlyArray<Readonly<Record<string, Measured>>>
}

/** Sizes of the square products whose best speed is used as peak. */
const PRODUCTS: ReadonlyArray<number> = [1024, 2048]

// one round --------------------------------------------------------------------------------------

const requestOf = (row: Row, shape: Shape): Request => ({
  dtype: row.dtype,
  file: row.file ?? row.dtype,
  rows: row.rows ?? 'equal',
  batch: shape.rows,
  repeat: shape.repeat,
  newTokens: shape.newTokens,
  products: [...(shape.products ?? PRODUCTS)],
})

/** How rows are measured. */
export interface Measurement {
  readonly shape: Shape
  readonly setting: Setting
  readonly rounds: number
  /** Reports the time and memory of each process as it ends. */
  readonly say: (line: string) => void
}

const runRound = async (
  row: Row,
  { shape, setting: s, say }: Measurement,
): Promise<ReadonlyMap<string, Measured>> => {
  const request = requestOf(row, shape)
  const reports = new Map<string, Measured>()
  for (const { name, side, task, cache } of row.processes) {
    if (cache !== undefined) prepareCache(s.python, weightsFile(s.folder, request.file), cache)
    const report = await (row.whole === undefined
      ? measure(
          side === 'ours'
            ? ourProgram(s, task, request)
            : referenceProgram(s, task, s.folder, JSON.stringify(request)),
          `${row.name}, ${name}`,
        )
      : (side === 'ours' ? measureOurs : measureTheirs)(
          s,
          row.whole,
          realModelFolder(row.whole) ?? row.whole.model,
          row.dtype,
        ))
    say(`${name} ${median(report.seconds).toFixed(3)} s, ${(report.peakBytes / 1e9).toFixed(2)} GB`)
    reports.set(name, report)
  }
  return reports
}

const reportOf =
  (reports: ReadonlyMap<string, Measured>): Round =>
  (name) => {
    const found = reports.get(name)
    if (found === undefined) throw new Error(`the row has no process ${name}`)
    return found
  }

// results ----------------------------------------------------------------------------------------

const targetOf = (
  target: NonNullable<Quantity['target']>,
  ratio: number,
): { target: string; held: boolean } =>
  'atMost' in target
    ? { target: `<= ${target.atMost}`, held: ratio <= target.atMost }
    : { target: `>= ${target.atLeast}`, held: ratio >= target.atLeast }

const quantityResult = (q: Quantity, rounds: ReadonlyArray<Round>, shape: Shape): QuantityResult => {
  const ours = rounds.map((of) => q.ours(of, shape))
  const theirs = rounds.map((of) => q.theirs(of, shape))
  const ratio = spreadOf(ours.map((x, i) => x / (theirs[i] ?? NaN)))
  return {
    what: q.what,
    against: q.against,
    unit: q.unit,
    ours: median(ours),
    theirs: median(theirs),
    ratio,
    ...(q.target === undefined || !shape.judged ? {} : targetOf(q.target, ratio.median)),
  }
}

/** Measures one row. Rejects where a process fails. */
export const measureRow = async (row: Row, m: Measurement): Promise<RowResult> => {
  const reports: Array<ReadonlyMap<string, Measured>> = []
  for (let i = 0; i < m.rounds; i++)
    reports.push(
      await runRound(row, {
        ...m,
        say: (line) => m.say(`${row.name}, round ${i + 1} of ${m.rounds}: ${line}`),
      }),
    )
  const rounds = reports.map(reportOf)
  const agreements = rounds.map(row.agreement)
  const agreement = agreements.find((a) => !a.same) ?? agreements[0] ?? { same: false, how: 'nothing ran' }
  return {
    name: row.name,
    what: row.what,
    engine: reports[0]?.get('ours')?.engine ?? m.setting.engine,
    quantities: row.quantities.map((q) => quantityResult(q, rounds, m.shape)),
    agreement,
    rounds: reports.map((r) => Object.fromEntries(r)),
  }
}
