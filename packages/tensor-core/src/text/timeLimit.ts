/**
 * A time limit for untrusted code (templates, patterns). JavaScript cannot stop itself, but Node's `vm` can stop what it runs, plain
 * functions and regular expressions included. A call costs about a tenth of a millisecond.
 */
import { Script, createContext } from 'node:vm'

const sandbox: { work: () => void } = { work: () => undefined }
const context = createContext(sandbox)
const script = new Script('work()')

export class TimeLimitReached extends Error {
  constructor(milliseconds: number) {
    super(`takes longer than ${Math.ceil(milliseconds / 1000)} seconds`)
  }
}

const isTimeout = (cause: unknown): boolean =>
  typeof cause === 'object' &&
  cause !== null &&
  'code' in cause &&
  cause.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'

/** Runs `work` and returns or throws what it does; throws `TimeLimitReached` when it does not end in time. */
export const withinTime = <A>(milliseconds: number, work: () => A): A => {
  const done: Array<A> = []
  const outer = sandbox.work
  sandbox.work = () => void done.push(work())
  try {
    script.runInContext(context, { timeout: Math.ceil(milliseconds) })
  } catch (cause) {
    throw isTimeout(cause) ? new TimeLimitReached(milliseconds) : cause
  } finally {
    sandbox.work = outer
  }
  const [result] = done
  if (done.length === 0 || result === undefined) throw new TimeLimitReached(milliseconds)
  return result
}
