/**
 * Dawn's events, run when we want them: what makes a synchronous read possible.
 *
 * WebGPU hands memory back by a promise, and TensorFlow.js's backend reads synchronously by drawing on a canvas, which Node has
 * not. But Dawn's addon does all its waiting in one function, which it gives to the global `setImmediate` until nothing is
 * left to wait for. Here that function is caught as it is handed over: it still runs on the event loop as ever, and `until`
 * runs it in place, so that a buffer becomes readable while the caller waits.
 */
import { setImmediate, setTimeout } from 'node:timers'
import { runInThisContext } from 'node:vm'

// state ------------------------------------------------------------------------------------------

const isScope = (u: unknown): u is { setImmediate: unknown } =>
  typeof u === 'object' && u !== null && 'setImmediate' in u

/** The global object that addons see; a test runner's own globals are not it. */
const outer: unknown = runInThisContext('globalThis')

const waiting: Array<() => void> = []

/** Turns since there was anything new to wait for: the longer nothing comes, the longer the pause between two looks. */
const patience = { turns: 0, looking: false }

const spins = 50
const longestPause = 2

/** Milliseconds: none at first, since most answers come at once; a long computation gets the processor to itself. */
const pauseNow = (): number => Math.min(longestPause, Math.max(0, (patience.turns - spins) / 50))

const runNext = (): void => {
  const next = waiting.shift()
  if (next === undefined) return
  patience.turns++
  patience.looking = true
  try {
    during(next)
  } finally {
    patience.looking = false
  }
}

const runLater = (): unknown => {
  const pause = pauseNow()
  return pause < 1 ? setImmediate(runNext) : setTimeout(runNext, pause)
}

// operations -------------------------------------------------------------------------------------

/** Runs a call into Dawn and keeps what it hands to the event loop. */
export const during = <A>(call: () => A): A => {
  if (!patience.looking) patience.turns = 0
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

/** Runs Dawn's events here and now until `done`, or until Dawn waits for nothing any more. */
export const until = (done: () => boolean): void => {
  while (!done() && waiting.length > 0) {
    runNext()
    const pause = pauseNow()
    if (pause > 0 && !done()) Atomics.wait(clock, 0, 0, pause)
  }
}
