/**
 * Long computations as steps: a generator yields between pieces of work, so the same algorithm runs without a pause (tests, small
 * matrices) or yields to the event loop and can be interrupted (SIGINT while a large matrix is being reduced).
 */
import type * as TE from 'fp-ts/TaskEither'
import * as E from 'fp-ts/Either'
import { type Fault, interrupted } from '../contracts'

/** A computation that yields between pieces of work and returns its result at the end. */
export type Pausable<A> = Generator<void, A>

/** Runs all steps without a pause. */
export const inOneGo = <A>(steps: Pausable<A>): A => {
  let step = steps.next()
  while (step.done !== true) step = steps.next()
  return step.value
}

/** Runs steps with something that must be given back, however they end. */
export function* holding<R extends { readonly dispose: () => void }, A>(
  acquire: () => R,
  steps: (held: R) => Pausable<A>,
): Pausable<A> {
  const held = acquire()
  try {
    return yield* steps(held)
  } finally {
    held.dispose()
  }
}

/** The steps alone; their result goes to `keep`. */
function* keeping<A>(steps: Pausable<A>, keep: (result: A) => void): Generator<void, void> {
  keep(yield* steps)
}

const yieldToEventLoop = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve))

/**
 * Runs all steps, yielding to the event loop about every `interval` milliseconds.
 *
 * @returns left `Interrupted` once the signal is aborted.
 *
 * @example
 * ```ts
 * import assert from 'node:assert/strict'
 * import { fromRows, spectrumSteps, withPauses } from '@safe/tensor-core/linalg'
 * import * as E from 'fp-ts/Either'
 *
 * const stop = new AbortController()
 * const spectrum = withPauses(stop.signal)(() => spectrumSteps(fromRows([[3, 0], [0, 1]])))
 * void spectrum().then((result) => {
 *   assert.ok(E.isRight(result))
 *   assert.deepEqual([...result.right.squares].map((x) => Number(x.toFixed(12))), [9, 1])
 * })
 * ```
 */
export const withPauses =
  (signal: AbortSignal | undefined, interval = 50) =>
  <A>(make: () => Pausable<A>): TE.TaskEither<Fault<'Interrupted'>, A> =>
  async () => {
    const done: { result?: readonly [A] } = {}
    let last = Date.now()
    const steps = keeping(make(), (result) => (done.result = [result]))
    while (steps.next().done !== true) {
      if (Date.now() - last > interval) {
        await yieldToEventLoop()
        last = Date.now()
      }
      if (signal?.aborted === true) break
    }
    // Ends steps that were left, so that what they hold is given back.
    steps.return()
    return done.result === undefined
      ? E.left(interrupted('Interrupted', 'stopped on request'))
      : E.right(done.result[0])
  }
