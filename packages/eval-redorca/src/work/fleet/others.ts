/** Waiting for what other processes have to finish, as long as one of them shows that it lives. */
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import { type ResultStore, pause } from '../../store'
import { finishedNow } from '../finished'
import { failedIds } from './failedJobs'
import { beatSeconds, readWorkers } from './workerFiles'

// model ------------------------------------------------------------------------------------------

export interface Waiting {
  readonly store: ResultStore
  /** The name of this process. */
  readonly process: string
  readonly signal: AbortSignal
  readonly note: (line: string) => void
  /** How often it looks, and how long another process may show nothing, milliseconds. */
  readonly lookMs?: number
  readonly silenceMs?: number
}

/** Several beats of a worker may be lost. */
const silence = 4.5 * beatSeconds * 1000

// parts ------------------------------------------------------------------------------------------

/** Tells, each time it is asked, whether another process has shown itself of late: its clock is not compared with ours. */
const livesWatch = ({
  store,
  process,
  silenceMs = silence,
}: Waiting): (() => Promise<E.Either<Fault, boolean>>) => {
  const seen = new Map<string, { readonly at: string; readonly since: number }>()
  return async () => {
    const files = await readWorkers(store)()
    if (E.isLeft(files)) return files
    const now = performance.now()
    const others = files.right.filter((file) => file.process !== process)
    for (const { id, lastSeen } of others)
      if (seen.get(id)?.at !== lastSeen) seen.set(id, { at: lastSeen, since: now })
    return E.right(others.some(({ id }) => now - (seen.get(id)?.since ?? now) < silenceMs))
  }
}

// constructors -----------------------------------------------------------------------------------

/** Waits until these cells are finished or failed, or nobody works on them. @returns how many are missing */
export const awaited = async (
  waiting: Waiting,
  cells: ReadonlyArray<{ readonly id: string }>,
): Promise<E.Either<Fault, number>> => {
  const { store, signal, note, lookMs = 3000 } = waiting
  const lives = livesWatch(waiting)
  const state = { told: false }
  for (;;) {
    // Looked at before the cells: the last of the others may end between the two.
    const living = await lives()
    if (E.isLeft(living)) return living
    const [finished, failed] = [await finishedNow(store)(), await failedIds(store)()]
    if (E.isLeft(finished)) return finished
    if (E.isLeft(failed)) return failed
    const missing = cells.filter(({ id }) => !finished.right(id) && !failed.right.has(id)).length
    if (missing === 0 || !living.right || signal.aborted) return E.right(missing)
    if (!state.told) note(`waiting for ${missing} cells that other processes work on`)
    state.told = true
    await pause(lookMs, signal)
  }
}
