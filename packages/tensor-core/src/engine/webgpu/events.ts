/**
 * Dawn's events, processed on demand: this makes a synchronous read possible.
 *
 * WebGPU maps memory asynchronously, by a promise, and TensorFlow.js's backend reads synchronously by drawing on a canvas, which Node
 * does not have. But Dawn's addon does all its waiting in one function, which it passes to the global `setImmediate` until nothing is
 * pending. Here that function is captured as it is passed: it still runs on the event loop as before, and `until` runs it in place,
 * so that a buffer becomes readable while the caller waits.
 */
import { setImmediate, setTimeout } from 'node:timers'
import { runInThisContext } from 'node:vm'

// state ------------------------------------------------------------------------------------------

const isScope = (u: unknown): u is { setImmediate: unknown } =>
  typeof u === 'object' && u !== null && 'setImmediate' in u

/** The global object that addons see, which is not that of a test runner's sandbox. */
const outer: unknown = runInThisContext('globalThis')

const waiting: Array<() => void> = []

/** Polls since the last new event to wait for: the longer nothing happens, the longer the pause between two polls. */
const polling = { polls: 0, running: false }

const spins = 50
const longestPause = 2

/** Milliseconds: none at first, since most events are immediate; a long computation gets the processor to itself. */
const pauseNow = (): number => Math.min(longestPause, Math.max(0, (polling.polls - spins) / 50))

const runNext = (): void => {
  const next = waiting.shift()
  if (next === undefined) return
  polling.polls++
  polling.running = true
  try {
    during(next)
  } finally {
    polling.running = false
  }
}

const runLater = (): unknown => {
  const pause = pauseNow()
  return pause < 1 ? setImmediate(runNext) : setTimeout(runNext, pause)
}

// operations -------------------------------------------------------------------------------------

/** Runs a call into Dawn and captures what it passes to the event loop. */
export const during = <A>(call: () => A): A => {
  if (!polling.running) polling.polls = 0
  if (!isScope(outer)) return call()
  const original = outer.setImmediate
  outer.setImmediate = (task: () => void): unknown => {
    waiting.push(task)
    return runLater()
  }
  try {
    return call()
  } finally {
    outer.setImmediate = original
  }
}

const clock = new Int32Array(new SharedArrayBuffer(4))

/** Processes Dawn's events synchronously until `done`, or until Dawn waits for nothing more. */
export const until = (done: () => boolean): void => {
  while (!done() && waiting.length > 0) {
    runNext()
    const pause = pauseNow()
    if (pause > 0 && !done()) Atomics.wait(clock, 0, 0, pause)
  }
}
