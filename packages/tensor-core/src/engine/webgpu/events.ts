/**
 * Dawn's events, run when we want them: what makes a synchronous read possible.
 *
 * WebGPU hands memory back by a promise, and TensorFlow.js's backend reads synchronously by drawing on a canvas, which Node has
 * not. But Dawn's addon does all its waiting in one function, which it gives to the global `setImmediate` until nothing is
 * left to wait for. Here that function is caught as it is handed over: it still runs on the event loop as ever, and `until`
 * runs it in place, so that a buffer becomes readable while the caller waits.
 */
import { setImmediate } from 'node:timers'
import { runInThisContext } from 'node:vm'

// state ------------------------------------------------------------------------------------------

const isScope = (u: unknown): u is { setImmediate: unknown } =>
  typeof u === 'object' && u !== null && 'setImmediate' in u

/** The global object that addons see; a test runner's own globals are not it. */
const outer: unknown = runInThisContext('globalThis')

const waiting: Array<() => void> = []

const runNext = (): void => {
  const next = waiting.shift()
  if (next !== undefined) during(next)
}

// operations -------------------------------------------------------------------------------------

/** Runs a call into Dawn and keeps what it hands to the event loop. */
export const during = <A>(call: () => A): A => {
  if (!isScope(outer)) return call()
  const original = outer.setImmediate
  outer.setImmediate = (task: () => void): unknown => {
    waiting.push(task)
    return setImmediate(runNext)
  }
  try {
    return call()
  } finally {
    outer.setImmediate = original
  }
}

const pause = new Int32Array(new SharedArrayBuffer(4))
const spins = 50
const pauseMilliseconds = 0.2

/** Runs Dawn's events here and now until `done`, or until Dawn waits for nothing any more. */
export const until = (done: () => boolean): void => {
  for (let turn = 0; !done() && waiting.length > 0; turn++) {
    runNext()
    // The first turns answer at once; a long computation is waited for, with the processor left to whoever needs it.
    if (turn > spins && !done()) Atomics.wait(pause, 0, 0, pauseMilliseconds)
  }
}
