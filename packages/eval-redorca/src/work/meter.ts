/**
 * Measures steps while they run: wall time, largest memory, tokens, and what methods say they did. Steps nest (a filter trains
 * models), and a step within another may have been computed before; so a step's cost is its own time, without the time in which
 * steps within it were computed or read, plus what each of those cost when it was computed.
 *
 *     seconds(step) = own wall time + sum over the distinct steps within it of their seconds
 *     peakBytes(step) = the largest of what was sampled and of theirs
 *
 * The step that is running is found by its asynchronous context, for the work of methods is handed around as plain functions.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Diagnostics } from '@safe/tensor-core/contracts'
import { type MethodDiagnostics, type StepCost, largestOf, sumOf } from '../results/cost'

// model ------------------------------------------------------------------------------------------

/** What is known of a step that was computed. */
export interface StepRecord extends StepCost {
  readonly diagnostics: MethodDiagnostics
}

/** A step within another, computed for it or read. */
export interface InnerStep extends StepRecord {
  /** The name of its kind: `data`, `training`, `weights`, `answers`, ... */
  readonly step: string
}

/** A result with what it took, and the steps within it in the order in which they were first needed. */
export interface Measured<A> {
  readonly value: A
  readonly record: StepRecord
  readonly steps: ReadonlyArray<InnerStep>
}

/** What is noted while a step runs. */
interface Frame {
  /** By the place where each is stored. */
  readonly steps: Map<string, InnerStep>
  readonly diagnostics: Map<string, Diagnostics>
  elsewhereMs: number
  tokens: number | undefined
}

const running = new AsyncLocalStorage<Frame>()

// memory -----------------------------------------------------------------------------------------

const sampleMs = 200

/** Samples the resident memory; the largest that the process ever had would not fall after a large step. */
const samplingMemory = (): { readonly stop: () => number } => {
  const state = { peak: 0 }
  const sample = (): void => {
    state.peak = Math.max(state.peak, process.memoryUsage.rss())
  }
  sample()
  const timer = setInterval(sample, sampleMs)
  timer.unref()
  return {
    stop: () => {
      clearInterval(timer)
      sample()
      return state.peak
    },
  }
}

// noting -----------------------------------------------------------------------------------------

/** JSON as it will be read back; what is none is said to be none. */
const plainJson = (values: Diagnostics): Diagnostics => {
  try {
    const copy: unknown = JSON.parse(JSON.stringify(values))
    return typeof copy === 'object' && copy !== null ? { ...copy } : {}
  } catch {
    return { error: 'what the method recorded is no plain JSON' }
  }
}

/** Adds what a method did to the step that is running. */
export const noteDiagnostics = (method: string, values: Diagnostics): void => {
  const frame = running.getStore()
  frame?.diagnostics.set(method, { ...frame.diagnostics.get(method), ...plainJson(values) })
}

/** Adds tokens of completions to the step that is running. */
export const noteTokens = (count: number): void => {
  const frame = running.getStore()
  if (frame !== undefined) frame.tokens = (frame.tokens ?? 0) + count
}

/** Adds a step to the step that is running. */
export const noteStep = (place: string, step: InnerStep): void => {
  const frame = running.getStore()
  if (frame !== undefined && !frame.steps.has(place)) frame.steps.set(place, step)
}

/** Work whose time is not that of the step that is running: a step within it, which has its own. */
export const elsewhere =
  <E, A>(work: TE.TaskEither<E, A>): TE.TaskEither<E, A> =>
  async () => {
    const frame = running.getStore()
    const started = performance.now()
    try {
      return await work()
    } finally {
      if (frame !== undefined) frame.elsewhereMs += performance.now() - started
    }
  }

// measuring --------------------------------------------------------------------------------------

/** Runs work as a step. */
export const measured =
  <E, A>(work: TE.TaskEither<E, A>): TE.TaskEither<E, Measured<A>> =>
  async () => {
    const frame: Frame = { steps: new Map(), diagnostics: new Map(), elsewhereMs: 0, tokens: undefined }
    const started = performance.now()
    const memory = samplingMemory()
    const state = { peak: 0 }
    const done = await running
      .run(frame, () => work())
      .finally(() => {
        state.peak = memory.stop()
      })
    if (E.isLeft(done)) return done
    const steps = [...frame.steps.values()]
    const own = Math.max(0, performance.now() - started - frame.elsewhereMs) / 1000
    return E.right({
      value: done.right,
      steps,
      record: {
        seconds: sumOf([own, ...steps.map((step) => step.seconds)]),
        peakBytes: largestOf([state.peak, ...steps.map((step) => step.peakBytes)]),
        ...(frame.tokens === undefined ? {} : { tokensDecoded: frame.tokens }),
        diagnostics: Object.fromEntries(frame.diagnostics),
      },
    })
  }

/** Work that is no part of what the running step costs: neither its time, nor the steps within it, nor what these say they did. */
export const unmeasured = <E, A>(work: TE.TaskEither<E, A>): TE.TaskEither<E, A> =>
  elsewhere(
    pipe(
      measured(work),
      TE.map(({ value }) => value),
    ),
  )
