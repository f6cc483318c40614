/** One process writes into a results folder at a time: a run, or one that judges its samples again. */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, interrupted } from '@safe/tensor-core/contracts'
import { type Holder, type Lease, type ResultStore, leaseSeconds, pause } from '../store'

// parts ------------------------------------------------------------------------------------------

const name = 'run'

/** How long the holder is given to show that it lives, seconds: a little more than its lease. */
const patience = leaseSeconds + 5

const busy = (store: ResultStore, { host, pid }: Holder): Fault =>
  badInput('OutputBusy', `another run is writing there${host === '' ? '' : ` (process ${pid} on ${host})`}`, {
    where: store.name,
    remedy: 'wait for it, or give another folder',
  })

/** Takes the claim; waits for the end of a lease whose holder is not known to run, such as one of a machine that was restarted. */
const claimed =
  (store: ResultStore, signal: AbortSignal, note: (line: string) => void): TE.TaskEither<Fault, Lease> =>
  async () => {
    const until = performance.now() + patience * 1000
    const state = { told: false }
    for (;;) {
      const result = await store.lease(name)()
      if (E.isLeft(result)) return result
      if (E.isRight(result.right)) return E.right(result.right.right)
      const holder = result.right.left
      if (signal.aborted) return E.left(interrupted('Interrupted', 'stopped before it began'))
      if (holder.runs || performance.now() > until) return E.left(busy(store, holder))
      if (!state.told && holder.host !== '')
        note(
          `process ${holder.pid} on ${holder.host} wrote to ${store.name} last; waiting up to ${patience} s to see whether it still does`,
        )
      state.told ||= holder.host !== ''
      await pause(1000, signal)
    }
  }

// constructors -----------------------------------------------------------------------------------

/**
 * Does work while no other run writes into the store. What dead processes left there is removed before and after.
 *
 * @returns left `OutputBusy` where another one does
 */
export const claiming = <A>(
  store: ResultStore,
  { signal, note }: { readonly signal: AbortSignal; readonly note: (line: string) => void },
  work: TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  TE.bracket(
    claimed(store, signal, note),
    () =>
      pipe(
        store.sweep,
        TE.chain(() => work),
      ),
    (lease) => async () => {
      await lease.release()
      // Whatever cannot be removed does no harm.
      await store.sweep()
      return E.right(undefined)
    },
  )
