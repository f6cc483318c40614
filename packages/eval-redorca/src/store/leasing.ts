/** Does a piece of work while no other process does it. */
import { setTimeout as pauseFor } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { type Fault, interrupted } from '@safe/tensor-core/contracts'
import type { Lease, ResultStore } from './resultStore'

/** How long a process waits before it looks again: at first shortly, since many steps take a moment. */
const [firstWaitMs, longestWaitMs] = [100, 2000]

/** Waits; ends early when the signal is given. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  pauseFor(ms, undefined, { signal }).catch(() => undefined)

const stopped = interrupted('Interrupted', 'stopped while waiting for another process to do the same work')

const taken =
  ({ lease }: Pick<ResultStore, 'lease'>, name: string, signal: AbortSignal): TE.TaskEither<Fault, Lease> =>
  async () => {
    for (let wait = firstWaitMs; ; wait = Math.min(longestWaitMs, 1.5 * wait)) {
      const result = await lease(name)()
      if (E.isLeft(result)) return result
      if (E.isRight(result.right)) return E.right(result.right.right)
      if (signal.aborted) return E.left(stopped)
      await pause(wait, signal)
    }
  }

/**
 * Runs `work` while this process holds the lease of that name; waits for it as long as another one holds it.
 *
 * @returns left `Interrupted` where the signal is given while it waits
 */
export const leasing = <A>(
  store: Pick<ResultStore, 'lease'>,
  name: string,
  signal: AbortSignal,
  work: () => TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  TE.bracket(taken(store, name, signal), work, (lease) => TE.fromTask(lease.release))
