/** Rounds of one row: every process in its turn, then the ratios of each round. */
import { type Setting, measure, ourProgram, referenceProgram } from './child'
import { weightsFile } from './files'
import type { Measured } from './measured'
import { prepareCache } from './pageCache'
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
  /** Of the rounds' own ratios. */
  readonly ratio: Spread
  readonly target?: string
  readonly held?: boolean
}

export interface RowResult {
  readonly name: string
  readonly what: string
  readonly engine: string
  readonly quantities: ReadonlyArray<QuantityResult>
  /** The least of the rounds' agreements. */
  readonly agreement: Agreement
  /** All reports, one record per round. */
  readonly rounds: ReadonlyArray<Readonly<Record<string, Measured>>>
}

/** Sizes of the square products among which the best speed is looked for. */
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

const runRound = async (
  row: Row,
  shape: Shape,
  s: Setting,
  say: (line: string) => void,
): Promise<ReadonlyMap<string, Measured>> => {
  const request = requestOf(row, shape)
  const reports = new Map<string, Measured>()
  for (const { name, side, task, cache } of row.processes) {
    if (cache !== undefined) prepareCache(s.python, weightsFile(s.folder, request.file), cache)
    const program =
      side === 'ours'
        ? ourProgram(s, task, request)
        : referenceProgram(s, task, s.folder, JSON.stringify(request))
    const report = await measure(program, `${row.name}, ${name}`)
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

/** @param say what each process took, as it ends */
export const measureRow = async (
  row: Row,
  shape: Shape,
  s: Setting,
  roundCount: number,
  say: (line: string) => void,
): Promise<RowResult> => {
  const reports: Array<ReadonlyMap<string, Measured>> = []
  for (let i = 0; i < roundCount; i++)
    reports.push(
      await runRound(row, shape, s, (line) => say(`${row.name}, round ${i + 1} of ${roundCount}: ${line}`)),
    )
  const rounds = reports.map(reportOf)
  const agreements = rounds.map(row.agreement)
  const agreement = agreements.find((a) => !a.same) ?? agreements[0] ?? { same: false, how: 'nothing ran' }
  return {
    name: row.name,
    what: row.what,
    engine: reports[0]?.get('ours')?.engine ?? s.engine,
    quantities: row.quantities.map((q) => quantityResult(q, rounds, shape)),
    agreement,
    rounds: reports.map((r) => Object.fromEntries(r)),
  }
}
