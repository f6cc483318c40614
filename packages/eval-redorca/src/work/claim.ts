/**
 * One process writes into a results folder at a time, a run or one that judges its samples again; or the processes of a fleet do, of which
 * any number may work there. A run of its own holds the lease `run`. A process of a fleet holds a lease of its own name and shows itself
 * in `workers/` (`fleet/presence.ts`), then looks whether a run is there; a run takes its lease, then looks for them. So of two that
 * begin at once at least one sees the other.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, badInput, interrupted } from '@safe/tensor-core/contracts'
import { type Holder, type Lease, type ResultStore, leaseSeconds, pause } from '../store'
import type { Presence } from './fleet/presence'
import { readWorkers, removeWorker } from './fleet/workerFiles'

// model ------------------------------------------------------------------------------------------

/** Who claims: when it is stopped, and where it says that it waits. */
export interface Claimant {
  readonly signal: AbortSignal
  readonly note: (line: string) => void
}

// parts ------------------------------------------------------------------------------------------

const runLease = 'run'
const workerLease = (process: string): string => `workers/${process}`

/** How long a holder that is not known to run is given to show that it lives, seconds: a little more than its lease. */
const patience = leaseSeconds + 5

/** How long a process of a fleet may hold the lease of a run while it looks, milliseconds. */
const lookMs = 1500

const busy = (store: ResultStore, { host, pid }: Holder): Fault =>
  badInput('OutputBusy', `another run is writing there${host === '' ? '' : ` (process ${pid} on ${host})`}`, {
    where: store.name,
    remedy: 'wait for it, or give another folder',
  })

/**
 * Takes a lease; waits for the end of one whose holder is not known to run, such as that of a machine that was restarted.
 *
 * @param graceMs how long one that runs may hold it
 */
const claimed =
  (store: ResultStore, name: string, { signal, note }: Claimant, graceMs = 0): TE.TaskEither<Fault, Lease> =>
  async () => {
    const began = performance.now()
    const state: { told: boolean; holder: string; since: number } = { told: false, holder: '', since: began }
    for (;;) {
      const result = await store.lease(name)()
      if (E.isLeft(result)) return result
      if (E.isRight(result.right)) return E.right(result.right.right)
      const holder = result.right.left
      const [now, who] = [performance.now(), JSON.stringify(holder)]
      if (who !== state.holder) Object.assign(state, { holder: who, since: now })
      if (signal.aborted) return E.left(interrupted('Interrupted', 'stopped before it began'))
      if ((holder.runs && now - state.since >= graceMs) || now - began > patience * 1000)
        return E.left(busy(store, holder))
      if (!state.told && holder.host !== '' && !holder.runs) {
        state.told = true
        note(
          `process ${holder.pid} on ${holder.host} wrote to ${store.name} last; waiting up to ${patience} s to see whether it still does`,
        )
      }
      await pause(holder.runs ? 100 + 200 * Math.random() : 1000, signal)
    }
  }

/** Waits until no process of a fleet works there, and removes what dead ones have left. */
const withoutFleet = (store: ResultStore, claimant: Claimant): TE.TaskEither<Fault, void> =>
  pipe(
    readWorkers(store),
    TE.chain(
      TE.traverseSeqArray(({ id, process }) =>
        pipe(
          claimed(store, workerLease(process), claimant),
          TE.chainTaskK(({ release }) => release),
          TE.chain(() => removeWorker(store, id)),
        ),
      ),
    ),
    TE.map(() => undefined),
  )

/** Removes the files of processes that have ended. */
const withoutDead = (store: ResultStore, { process: own }: Presence): TE.TaskEither<Fault, void> =>
  pipe(
    readWorkers(store),
    TE.chain(
      TE.traverseSeqArray(({ id, process }) =>
        process === own
          ? TE.right(undefined)
          : pipe(
              store.lease(workerLease(process)),
              TE.chain((taken) =>
                E.isLeft(taken)
                  ? TE.right(undefined)
                  : pipe(
                      TE.fromTask(taken.right.release),
                      TE.chainW(() => removeWorker(store, id)),
                    ),
              ),
            ),
      ),
    ),
    TE.map(() => undefined),
  )

/** Whatever cannot be removed does no harm. */
const sweptAfter =
  (store: ResultStore, end: () => Promise<void>): TE.TaskEither<Fault, void> =>
  async () => {
    await end()
    await store.sweep()
    return E.right(undefined)
  }

// constructors -----------------------------------------------------------------------------------

/**
 * Does work while no other run writes into the store. What dead processes left there is removed before and after.
 *
 * @returns left `OutputBusy` where another one does
 */
export const claiming = <A>(
  store: ResultStore,
  claimant: Claimant,
  work: TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  TE.bracket(
    claimed(store, runLease, claimant),
    () =>
      pipe(
        withoutFleet(store, claimant),
        TE.chain(() => store.sweep),
        TE.chain(() => work),
      ),
    ({ release }) => sweptAfter(store, release),
  )

/**
 * Does work as one of the processes of a fleet.
 *
 * @returns left `OutputBusy` where a run of its own writes there
 */
export const joining = <A>(
  store: ResultStore,
  presence: Presence,
  claimant: Claimant,
  work: TE.TaskEither<Fault, A>,
): TE.TaskEither<Fault, A> =>
  TE.bracket(
    claimed(store, workerLease(presence.process), claimant),
    () =>
      pipe(
        TE.fromTask(presence.begin),
        TE.chainW(() => claimed(store, runLease, claimant, lookMs)),
        TE.chainTaskK(({ release }) => release),
        TE.chain(() => withoutDead(store, presence)),
        TE.chain(() => store.sweep),
        TE.chain(() => work),
      ),
    ({ release }) =>
      sweptAfter(store, async () => {
        await presence.end()
        await release()
      }),
  )
