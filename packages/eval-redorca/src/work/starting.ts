/**
 * Starts worker processes on a machine that is short of memory. A process that is killed before it has answered is started again, a
 * few times, after pauses that grow: memory may be free again in a moment. A process that answers that it cannot start would answer
 * the same again, so that is final.
 */
import * as E from 'fp-ts/Either'
import { type Fault, failure } from '@safe/tensor-core/contracts'
import { pause } from '../store'
import type { Crashed } from './schedule'
import { stoppedFault } from './stopped'

// model ------------------------------------------------------------------------------------------

export interface StartRetries {
  /** A process died while it started, and another one is started now. */
  readonly onRetry: (reason: string) => void
  readonly signal: AbortSignal
  /** Milliseconds before each further start. */
  readonly pauses?: ReadonlyArray<number>
}

const defaultPauses = [500, 1000, 2000]

const noneStarted = (starts: number, reason: string): Fault =>
  failure('WorkerCrashed', `no worker could be started: ${starts} died while they started (${reason})`, {
    remedy: 'free memory or use fewer `workers`, then run the same command again; finished work is kept',
  })

// constructors -----------------------------------------------------------------------------------

/** The first start that is answered. @returns left: its `failed` answer, every process died, or the signal was given */
export const persistently = async <A>(
  start: () => Promise<E.Either<Fault, A> | Crashed>,
  { onRetry, signal, pauses = defaultPauses }: StartRetries,
): Promise<E.Either<Fault, A>> => {
  const stopped = (): boolean => signal.aborted
  const attempt = async (left: ReadonlyArray<number>): Promise<E.Either<Fault, A>> => {
    if (stopped()) return E.left(stoppedFault)
    const result = await start()
    if (result._tag !== 'Crashed') return result
    const [ms, ...rest] = left
    if (ms === undefined && !stopped()) return E.left(noneStarted(pauses.length + 1, result.reason))
    // A key that stops a run may reach a worker first; after the pause it is known here.
    await pause(ms ?? 0, signal)
    if (stopped()) return E.left(stoppedFault)
    onRetry(result.reason)
    return attempt(rest)
  }
  return attempt(pauses)
}
