/**
 * What a cell costs and what its methods did, by stage. A step that several cells share counts in each of them, with what it cost
 * when it was computed: a cell's cost is that of running it alone.
 */
import * as t from 'io-ts'
import { type Diagnostics, type Stage, stages } from '@safe/tensor-core/contracts'

// model ------------------------------------------------------------------------------------------

/** An amount of each stage: 0 where the stage had nothing to do, null where it is not known. */
export type StageAmounts = Readonly<Record<Stage, number | null>>

/** What a step took. Null where it was computed by a version that did not measure it. */
export interface StepCost {
  /** Wall time, with the steps within it as if they were computed for it. */
  readonly seconds: number | null
  /** Largest resident memory of the process while it ran; memory of an accelerator is not in it. */
  readonly peakBytes: number | null
  /** Tokens of the completions that it generated. */
  readonly tokensDecoded?: number
}

/** By method: what it did. */
export type MethodDiagnostics = Readonly<Record<string, Diagnostics>>

/** What a cell records beside its rates. Fields that may be absent are absent in results of earlier versions. */
export interface CellCost {
  /** Earlier versions wrote a number, the wall time of the evaluation: then the stages are not known. */
  readonly seconds: StageAmounts | number
  readonly peakBytes?: StageAmounts
  /** Wall time of the evaluation, without steps that were computed before. */
  readonly wallSeconds?: number
  /** Tokens of all answers. */
  readonly tokensDecoded?: number | null
  /** Passes that methods ran in addition to those of an undefended run, where one tells it. */
  readonly extraForwardPasses?: number
  readonly diagnostics?: MethodDiagnostics
}

/** The same with unknown parts filled in, as in `results.json`. */
export interface CompleteCost extends CellCost {
  readonly seconds: StageAmounts
  readonly peakBytes: StageAmounts
  readonly wallSeconds: number
  readonly tokensDecoded: number | null
  readonly diagnostics: MethodDiagnostics
}

// codecs -----------------------------------------------------------------------------------------

const amount = t.union([t.number, t.null])
const amounts: t.Type<StageAmounts> = t.type({
  data: amount,
  training: amount,
  weights: amount,
  decoding: amount,
})
export const methodDiagnosticsCodec: t.Type<MethodDiagnostics> = t.record(t.string, t.UnknownRecord)

/** The cost in a cell's file. */
export const cellCostCodec: t.Type<CellCost> = t.intersection([
  t.type({ seconds: t.union([amounts, t.number]) }),
  t.partial({
    peakBytes: amounts,
    wallSeconds: t.number,
    tokensDecoded: amount,
    extraForwardPasses: t.number,
    diagnostics: methodDiagnosticsCodec,
  }),
])

// constructors -----------------------------------------------------------------------------------

/** A step of a cell, as it is known from where it is stored. */
export interface RecordedStep extends StepCost {
  readonly stage: Stage
  readonly diagnostics: MethodDiagnostics
}

const perStage = (of: (stage: Stage) => number | null): StageAmounts => ({
  data: of('data'),
  training: of('training'),
  weights: of('weights'),
  decoding: of('decoding'),
})

/** The sum, or null where a summand is not known. */
export const sumOf = (values: ReadonlyArray<number | null>): number | null =>
  values.reduce<number | null>((sum, value) => (sum === null || value === null ? null : sum + value), 0)

/** The largest, 0 of none; null where one is not known. */
export const largestOf = (values: ReadonlyArray<number | null>): number | null =>
  values.reduce<number | null>(
    (most, value) => (most === null || value === null ? null : Math.max(most, value)),
    0,
  )

/** What several steps record; methods of one name at two stages share a record. */
const joined = (one: MethodDiagnostics, two: MethodDiagnostics): MethodDiagnostics => ({
  ...one,
  ...Object.fromEntries(
    Object.entries(two).map(([method, values]) => [method, { ...one[method], ...values }]),
  ),
})

const extraOf = (diagnostics: MethodDiagnostics): ReadonlyArray<number> =>
  Object.values(diagnostics).flatMap(({ extraForwardPasses: n }) => (typeof n === 'number' ? [n] : []))

/** A cell's cost from its steps. @param wallSeconds wall time of the evaluation */
export const cellCostOf = (steps: ReadonlyArray<RecordedStep>, wallSeconds: number): CompleteCost => {
  const at = (stage: Stage): ReadonlyArray<RecordedStep> => steps.filter((step) => step.stage === stage)
  const diagnostics = steps.reduce((all, step) => joined(all, step.diagnostics), {})
  const extra = extraOf(diagnostics)
  const tokens = at('decoding').map((step) => step.tokensDecoded ?? null)
  return {
    seconds: perStage((stage) => sumOf(at(stage).map((step) => step.seconds))),
    peakBytes: perStage((stage) => largestOf(at(stage).map((step) => step.peakBytes))),
    wallSeconds,
    tokensDecoded: tokens.length === 0 ? null : sumOf(tokens),
    ...(extra.length === 0 ? {} : { extraForwardPasses: extra.reduce((a, b) => a + b) }),
    diagnostics,
  }
}

const unknown = perStage(() => null)

/** The cost as it was read, with unknown parts filled in. */
export const completeCost = (cost: CellCost): CompleteCost => ({
  seconds: typeof cost.seconds === 'number' ? unknown : cost.seconds,
  peakBytes: cost.peakBytes ?? unknown,
  wallSeconds: cost.wallSeconds ?? (typeof cost.seconds === 'number' ? cost.seconds : 0),
  tokensDecoded: cost.tokensDecoded ?? null,
  ...(cost.extraForwardPasses === undefined ? {} : { extraForwardPasses: cost.extraForwardPasses }),
  diagnostics: cost.diagnostics ?? {},
})

/** The cost's fields of a larger record. */
export const costFields = ({
  seconds,
  peakBytes,
  wallSeconds,
  tokensDecoded,
  extraForwardPasses,
  diagnostics,
}: CellCost): CellCost => ({
  seconds,
  ...(peakBytes === undefined ? {} : { peakBytes }),
  ...(wallSeconds === undefined ? {} : { wallSeconds }),
  ...(tokensDecoded === undefined ? {} : { tokensDecoded }),
  ...(extraForwardPasses === undefined ? {} : { extraForwardPasses }),
  ...(diagnostics === undefined ? {} : { diagnostics }),
})

// destructors ------------------------------------------------------------------------------------

/** All stages together; null where one is not known. */
export const totalSeconds = (seconds: StageAmounts): number | null =>
  sumOf(stages.map((stage) => seconds[stage]))
