/** A place where work is done: this very process, with its engine running. Worker processes are made of one, tests use it directly. */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { type Bench, type Hashes, openBench } from '../plan/bench'
import type { BenchConfig } from '../config/config'
import { type Task, execute } from './execute'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { workStore } from './workStore'
import type { Site } from './workbench'

export interface Place {
  readonly ports: BenchPorts
  readonly config: BenchConfig
  readonly out: string
  readonly signal: AbortSignal
  readonly onProgress: Site['onProgress']
}

/** Does tasks; the bench is opened at the first one and kept. */
export const taskRunner = ({
  ports,
  config,
  out,
  signal,
  onProgress,
}: Place): ((task: Task, hashes: Hashes, engine: EngineUsed) => TE.TaskEither<Fault, void>) => {
  const state: { bench?: Bench } = {}
  const bench = (hashes: Hashes): TE.TaskEither<Fault, Bench> =>
    state.bench === undefined
      ? pipe(
          openBench(ports, config, hashes),
          TE.map((opened) => {
            state.bench = opened
            return opened
          }),
        )
      : TE.right(state.bench)
  return (task, hashes, engine) =>
    pipe(
      bench(hashes),
      TE.chain((opened) =>
        execute(
          { bench: opened, engine, once: workStore(join(out, 'work'), signal), signal, onProgress },
          out,
        )(task),
      ),
    )
}
