/** Runs tasks in this process. A worker process contains one task runner; tests use it directly. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import { type Bench, openBench } from '../plan/bench'
import { byKey } from '../plan/byKey'
import type { Rates } from '../plan/expected'
import type { Hashes } from '../plan/hashes'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import type { ResultStore } from '../store'
import { type Task, execute } from './execute'
import { openModels } from './models'
import { timedRates } from './probe'
import type { Site } from './site'
import { workStore } from './workStore'

/** What a task runner needs. */
export interface Place {
  readonly ports: BenchPorts
  readonly config: BenchConfig
  readonly store: ResultStore
  readonly signal: AbortSignal
  readonly onProgress: Site['onProgress']
  readonly onWarning?: (line: string) => void
}

/** Runs tasks in this process, one after the other. */
export interface TaskRunner {
  readonly run: (task: Task, hashes: Hashes, engine: EngineUsed) => TE.TaskEither<Fault, void>
  /** What a step, a completion and a judgement take here, of each aligned model; timed once per results folder. */
  readonly rates: (hashes: Hashes, engine: EngineUsed) => TE.TaskEither<Fault, ReadonlyArray<Rates>>
  /** Frees the judges; no task can be run after it. */
  readonly dispose: () => void
}

/** Runs tasks; the bench is opened at the first one and kept with its judges, and so are the models. */
export const taskRunner = ({ ports, config, store, signal, onProgress, onWarning }: Place): TaskRunner => {
  const state: { bench?: Bench } = {}
  const models = openModels(ports)
  const memo = workStore(store, signal)
  const bench = (hashes: Hashes): TE.TaskEither<Fault, Bench> =>
    state.bench === undefined
      ? pipe(
          openBench(ports, config, hashes, {
            signal,
            checked: true,
            ...(onWarning === undefined ? {} : { onWarning }),
          }),
          TE.map((opened) => {
            state.bench = opened
            return opened
          }),
        )
      : TE.right(state.bench)
  const site = (hashes: Hashes, engine: EngineUsed): TE.TaskEither<Fault, Site> =>
    pipe(
      bench(hashes),
      TE.map((opened) => ({ bench: opened, engine, store, memo, models, signal, onProgress })),
    )
  return {
    run: (task, hashes, engine) =>
      pipe(
        site(hashes, engine),
        TE.chain((at) => execute(at)(task)),
        TE.mapLeft(byKey),
      ),
    rates: (hashes, engine) => pipe(site(hashes, engine), TE.chain(timedRates), TE.mapLeft(byKey)),
    dispose: () => state.bench?.suite.dispose?.(),
  }
}
