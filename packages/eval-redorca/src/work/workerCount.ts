/** How many worker processes a benchmark starts, and how they share the cores. */
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import type { BenchConfig } from '../config/config'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { type Suite, alignedFolders } from '../suite/suite'
import { coresOf } from './cores'
import { largeModelBytes } from './models'

/** Engines whose workers would share one device. */
const deviceEngines = ['cuda', 'webgpu']
/** Engines that use several threads. */
const threadedEngines = ['native']

/** Bytes of the models that one process holds together: the largest one that is tuned, and those that judges load. */
export const processBytes = (
  { weightBytes }: Pick<BenchPorts, 'weightBytes'>,
  { judgeModels = [], ...suite }: Pick<Suite, 'models' | 'alignedModels' | 'judgeModels'>,
): TE.TaskEither<Fault, number> =>
  pipe(
    TE.Do,
    TE.bind('tuned', () => TE.traverseSeqArray(weightBytes)(alignedFolders(suite))),
    TE.bind('judging', () => TE.traverseSeqArray(weightBytes)(judgeModels)),
    TE.map(({ tuned, judging }) => judging.reduce((sum, size) => sum + size, Math.max(0, ...tuned))),
  )

/** Whether one process with all cores is better than one per core: large models fill memory and have large products. */
const oneForAll = (config: BenchConfig, modelBytes: number): boolean =>
  modelBytes > largeModelBytes && (config.workers === 'auto' || config.workers === 1)

/** One worker per core; one in all on a graphics card, and where the models are large and the engine has threads. */
export const workerCount = (
  config: BenchConfig,
  engine: EngineUsed,
  jobs: number,
  modelBytes: number,
): number => {
  const one =
    deviceEngines.includes(engine.engine) ||
    (threadedEngines.includes(engine.engine) && oneForAll(config, modelBytes))
  return Math.max(1, Math.min(jobs, config.workers !== 'auto' ? config.workers : one ? 1 : coresOf()))
}

/** Cores that each worker may use. */
export const threadsPerWorker = (config: BenchConfig, modelBytes: number): number =>
  oneForAll(config, modelBytes) ? coresOf() : 1
