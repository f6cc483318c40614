/**
 * Runs contract cases on the current engine: values within the engine's tolerance of the exact ones, shapes equal, no tensor
 * leaked.
 */
import { causeLine } from '../../contracts'
import { type EngineName, engineName } from '../select'
import { tf } from '../tf'
import type { ContractCase } from './case'
import { engineCases } from './cases'
import { exceptionFor } from './exceptions'

// model ------------------------------------------------------------------------------------------

export interface CaseResult {
  readonly name: string
  readonly passed: boolean
  /** Largest error, relative to the largest exact value (at least 1). */
  readonly error?: number
  readonly seconds: number
  /** Why it failed, or why it is a known exception here. */
  readonly reason?: string
  /** True if the failure is on the engine's list of exceptions. */
  readonly excepted?: boolean
}

export interface ContractResult {
  readonly engine: string
  readonly passed: number
  readonly failed: number
  readonly excepted: number
  readonly cases: ReadonlyArray<CaseResult>
}

/** The error of float32 is about 1e-6 in these cases; a GPU sums in another order, and its functions are slightly less precise. */
const tolerances: Readonly<Record<EngineName, number>> = {
  cuda: 2e-5,
  native: 1e-5,
  webgpu: 2e-5,
  wasm: 1e-5,
  cpu: 1e-5,
}
const toleranceOf = (engine: string): number => new Map(Object.entries(tolerances)).get(engine) ?? 1e-5

// one case ---------------------------------------------------------------------------------------

const worst = (got: ArrayLike<number>, expected: Float64Array): number => {
  const scale = expected.reduce((top, x) => (Number.isFinite(x) ? Math.max(top, Math.abs(x)) : top), 1)
  return (
    expected.reduce((error, x, i) => {
      const y = got[i] ?? Number.NaN
      const off = Object.is(x, y) || x === y ? 0 : Math.abs(x - y)
      return Number.isNaN(off) ? Infinity : Math.max(error, off)
    }, 0) / scale
  )
}

const verdict = (
  c: ContractCase,
  tolerance: number,
): { readonly error?: number; readonly reason?: string } => {
  const before = tf.memory().numTensors
  const out = tf.tidy(c.compute)
  const got = Array.from(out.dataSync())
  const { shape } = out
  out.dispose()
  const left = tf.memory().numTensors - before
  const expected = c.expected()
  if (shape.join() !== expected.shape.join())
    return { reason: `shape [${shape.join()}] instead of [${expected.shape.join()}]` }
  const error = worst(got, expected.values)
  if (left !== 0) return { error, reason: `${left} tensors left behind` }
  const allowed = tolerance * (c.slack ?? 1)
  return error <= allowed
    ? { error }
    : { error, reason: `error ${error.toExponential(1)} over ${allowed.toExponential(1)}` }
}

const runCase = (c: ContractCase, engine: string): CaseResult => {
  const started = performance.now()
  const outcome = ((): { readonly error?: number; readonly reason?: string } => {
    try {
      return verdict(c, toleranceOf(engine))
    } catch (cause) {
      return { reason: causeLine(cause) }
    }
  })()
  const seconds = (performance.now() - started) / 1000
  const exception = outcome.reason === undefined ? undefined : exceptionFor(engine, c.name)
  return {
    name: c.name,
    passed: outcome.reason === undefined,
    seconds,
    ...outcome,
    ...(exception === undefined ? {} : { excepted: true, reason: exception }),
  }
}

// all cases --------------------------------------------------------------------------------------

/** Runs every case, also after failures; by default `engineCases`. */
export const runContract = (
  cases: ReadonlyArray<ContractCase> = engineCases,
  each: (result: CaseResult) => void = () => undefined,
): ContractResult => {
  const engine = engineName()
  const results = cases.map((c) => {
    const result = runCase(c, engine)
    each(result)
    return result
  })
  return {
    engine,
    passed: results.filter((r) => r.passed).length,
    excepted: results.filter((r) => r.excepted === true).length,
    failed: results.filter((r) => !r.passed && r.excepted !== true).length,
    cases: results,
  }
}
