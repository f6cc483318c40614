/**
 * Runs a benchmark as one of several processes that know of each other by the store alone: each takes jobs that nobody runs, until
 * none is left. The processes may stand on any machines that reach the store, and come and go at any time.
 */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Bench, openBench } from '../../plan/bench'
import type { Cell } from '../../plan/cells'
import { missingWarnings } from '../../plan/methods'
import { type ResultStore, folderPlace, withStore } from '../../store'
import { joining } from '../claim'
import { finishedNow } from '../finished'
import { runJobs } from '../rounds'
import type { RunSettings } from '../runSettings'
import { processBytes } from '../workerCount'
import { clearFailed } from './failedJobs'
import type { Fleet } from './fleet'
import { type Completed, completing } from './fleetResults'
import { joined } from './joined'
import { awaited } from './others'
import { type Presence, presenceIn } from './presence'
import { type Shard, shardCells } from './shard'
import { sharedJobs } from './sharedJobs'

// model ------------------------------------------------------------------------------------------

/** Times in milliseconds, that a test shortens: how often a process shows itself, and how often it looks at what others do. */
export interface FleetTimes {
  readonly beatMs: number
  readonly lookMs: number
  readonly silenceMs: number
}

export interface FleetSettings extends Omit<RunSettings, 'onEarly'> {
  /** The part of the first round that this process sees to; absent: whatever is ready. */
  readonly shard?: Shard
  /** Makes a report of the results, where this process writes them. */
  readonly onResults?: Completed['onResults']
  readonly times?: Partial<FleetTimes>
}

/** What a process of a fleet has to say at its end. */
export interface FleetRan {
  /** Cells of the whole run as far as it was planned. */
  readonly cells: number
  readonly finished: number
  readonly failed: ReadonlyArray<{ readonly id: string; readonly message: string; readonly cell: Cell }>
  /** Cells of other shards that are not finished: nobody works on them now. */
  readonly missing: number
  readonly engine: string
}

// parts ------------------------------------------------------------------------------------------

const fleetOf = (settings: FleetSettings, store: ResultStore, bench: Bench, presence: Presence): Fleet => {
  const { shard, signal, terminal, times = {} } = settings
  const { lookMs, silenceMs } = times
  return {
    claims: (jobs) =>
      sharedJobs(
        {
          ...{ store, by: presence.process, warn: terminal.warn },
          ...(lookMs === undefined
            ? {}
            : { listMs: lookMs, aside: { firstMs: lookMs, longestMs: 4 * lookMs } }),
        },
        jobs,
      ),
    part: (cells) => (shard === undefined ? cells : shardCells(bench, cells, shard)),
    awaited: (cells) =>
      awaited(
        {
          ...{ store, process: presence.process, signal, note: terminal.note },
          ...(lookMs === undefined ? {} : { lookMs }),
          ...(silenceMs === undefined ? {} : { silenceMs }),
        },
        cells,
      ),
  }
}

const ranOpened = (
  settings: FleetSettings,
  store: ResultStore,
  presence: Presence,
  bench: Bench,
): TE.TaskEither<Fault, FleetRan> => {
  const { ports, terminal, onResults } = settings
  return pipe(
    joined(store, bench.config),
    TE.chain(() => clearFailed(store)),
    TE.chainFirstIOK(
      () => () => [...missingWarnings(bench.missing), ...(bench.suite.warnings ?? [])].forEach(terminal.warn),
    ),
    TE.chain(() => processBytes(ports, bench.suite)),
    TE.chain(
      (modelBytes) => () =>
        runJobs(settings, store, bench, modelBytes, {
          presence,
          fleet: fleetOf(settings, store, bench, presence),
        }),
    ),
    TE.bindTo('done'),
    TE.bind('finished', () => finishedNow(store)),
    TE.bind('failed', ({ done: { cells, missing, engine }, finished }) =>
      missing > 0
        ? TE.right([])
        : completing(store, bench, {
            ...{ cells, engine, signal: settings.signal },
            ...{ open: cells.filter(({ id }) => !finished(id)) },
            ...(onResults === undefined ? {} : { onResults }),
          }),
    ),
    TE.map(({ done: { cells, missing, engine }, finished, failed }) => ({
      ...{ cells: cells.length, failed, missing, engine: engine.engine },
      finished: cells.filter(({ id }) => finished(id)).length,
    })),
  )
}

// running ----------------------------------------------------------------------------------------

/**
 * Takes part in a run. When no job is left, one of the processes writes the results and has the report made.
 *
 * @returns left `OutputBusy` where a run of its own holds the store, `OtherConfig` or `OtherPlan` where the fleet runs another benchmark
 */
export const runFleet = (settings: FleetSettings): TE.TaskEither<Fault, FleetRan> => {
  const claimant = { signal: settings.signal, note: settings.terminal.note }
  return withStore(settings.store ?? folderPlace(settings.out), (store) => {
    const presence = presenceIn(store, settings.times?.beatMs)
    return TE.bracket(
      openBench(settings.ports, settings.config),
      (bench) => joining(store, presence, claimant, ranOpened(settings, store, presence, bench)),
      ({ suite }) => TE.fromIO(() => suite.dispose?.()),
    )
  })
}
