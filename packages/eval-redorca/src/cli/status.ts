/** `status --results DIR|--store URL`: how far a run is, who works on it, and what it still takes. */
import { existsSync } from 'node:fs'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Context, type Outcome, command, flag, folder, optional } from '@safe/tensor-core/cli'
import { type Fault, badInput } from '@safe/tensor-core/contracts'
import { duration } from '../plan/duration'
import { type ResultStore, type StorePlace, pause, withStore } from '../store'
import { type ShownWorker, type Status, statusOf } from '../work/fleet/status'
import { defaultOut } from './quickstart'
import { placeIn, storeOption } from './storeOption'

// parts ------------------------------------------------------------------------------------------

/** How often a status that is watched is read again. */
const watchMs = 2000

const placeOfRun = (results: string | undefined, store: string | undefined): E.Either<Fault, StorePlace> => {
  if ((results === undefined) === (store === undefined))
    return E.left(
      badInput('BadOption', results === undefined ? 'a run must be named' : 'names a second run', {
        where: '--store',
        remedy: 'give one of --results DIR and --store URL',
      }),
    )
  return pipe(
    placeIn(store ?? results, results ?? defaultOut),
    E.filterOrElse(
      ({ name, folder: path }) => name !== path || existsSync(path),
      ({ name }): Fault =>
        badInput('FileMissing', 'there is no such folder', {
          where: name,
          remedy: 'give the results folder or the store of a run',
        }),
    ),
  )
}

/** The time since then, in words. */
const since = (time: string, now: number): string =>
  duration(Math.max(0, Math.round((now - Date.parse(time)) / 1000)))

const workerLine =
  (width: number, now: number) =>
  ({ id, job, since: began, lastSeen, alive }: ShownWorker): string =>
    `  ${id.padEnd(width)}  ${
      alive
        ? `${job ?? 'waiting'}, since ${since(began, now)}`
        : `last seen ${since(lastSeen, now)} ago${job === null ? '' : `, at ${job}`}`
    }`

/** The status as people read it. */
export const statusText = (
  { cells: { done, running, failed, waiting }, workers, secondsLeft }: Status,
  now: number = Date.now(),
): string => {
  // Cells are planned when the models are open.
  if (done + running + failed + waiting === 0) return 'no cells are planned yet'
  const total = done + running + failed + waiting
  const left =
    secondsLeft === null
      ? 'nobody works on it'
      : secondsLeft === 0
        ? 'nothing is left to do'
        : `about ${duration(secondsLeft)} left`
  const width = workers.reduce((most, { id }) => Math.max(most, id.length), 0)
  return [
    `${done} of ${total} cells done, ${running} running, ${failed} failed, ${waiting} waiting; ${left}`,
    ...(workers.length === 0 ? [] : ['workers:', ...workers.map(workerLine(width, now))]),
  ].join('\n')
}

const isOver = ({ secondsLeft }: Status): boolean => secondsLeft === 0

/** Tells the status again and again until nothing is left to do. @returns the last one */
const watched =
  (store: ResultStore, { note, signal }: Context): TE.TaskEither<Fault, Status> =>
  async () => {
    for (let told = ''; ;) {
      const status = await statusOf(store)()
      if (E.isLeft(status) || isOver(status.right) || signal.aborted) return status
      const text = statusText(status.right)
      if (text !== told) note(text)
      told = text
      await pause(watchMs, signal)
    }
  }

// command ----------------------------------------------------------------------------------------

export const statusCommand = command({
  name: 'status',
  description: 'show how far a benchmark is: cells, workers with their last sign of life, time left',
  options: {
    results: optional(folder('results folder of the run')),
    ...storeOption,
    watch: flag('tell it again every two seconds until nothing is left to do'),
  },
  run: ({ results, store, watch }, context) =>
    pipe(
      TE.fromEither(placeOfRun(results, store)),
      TE.chain((place) =>
        withStore(place, (opened) => (watch ? watched(opened, context) : statusOf(opened))),
      ),
      TE.map((status): Outcome => ({ json: status, text: statusText(status) })),
    ),
})
