/**
 * Runs a benchmark into a results folder: makes the plan, gives its jobs to worker processes, and writes the results, first as they
 * come in and at last when all are done. The folder is the unit of resumption: the same command again does only what is missing.
 */
import { join } from 'node:path'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { configDocument } from '../config/config'
import { type Bench, openBench } from '../plan/bench'
import { missingWarnings } from '../plan/methods'
import type { Results } from '../results/results'
import { writeResults } from '../results/resultsText'
import { type ResultStore, folderPlace, publish, withStore } from '../store'
import { claiming } from './claim'
import { finishedOf } from './finished'
import { clearFailed } from './fleet/failedJobs'
import { type Presence, presenceIn } from './fleet/presence'
import { tidied } from './leftovers'
import { runJobs } from './rounds'
import { runResults } from './runResults'
import type { RunSettings } from './runSettings'
import type { FailedJob } from './schedule'
import { processBytes } from './workerCount'

// running ----------------------------------------------------------------------------------------

/** The results of a run. Failed jobs are listed; the other cells are complete. */
export interface Ran {
  readonly results: Results
  readonly failed: ReadonlyArray<FailedJob>
}

const runOpened = (
  settings: RunSettings,
  store: ResultStore,
  presence: Presence,
  bench: Bench,
): TE.TaskEither<Fault, Ran> => {
  const { ports, out } = settings
  const [headline] = bench.suite.judges
  return pipe(
    TE.Do,
    TE.chainFirstW(() => writeWhole(join(out, 'config.yaml'), stringify(configDocument(bench.config)))),
    TE.chainFirstW(() => publish(store, ['config.yaml'])),
    TE.chainFirstIOK(
      () => () =>
        [...missingWarnings(bench.missing), ...(bench.suite.warnings ?? [])].forEach(settings.terminal.warn),
    ),
    TE.bindW('modelBytes', () => processBytes(ports, bench.suite)),
    TE.bindW(
      'work',
      ({ modelBytes }) =>
        () =>
          runJobs(settings, store, bench, modelBytes, { presence }),
    ),
    TE.bindW('cells', ({ work }) => finishedOf(store, work.cells, headline.id)),
    TE.bindW('results', ({ work, cells }) => {
      const finished = new Set(cells.map((cell) => cell.id))
      const reasons = new Map(work.failed.map(({ job, fault }) => [job.id, fault.message]))
      const failed = work.cells
        .filter((cell) => !finished.has(cell.id))
        .map(({ id, factors }) => ({ factors, message: reasons.get(`cell|${id}`) ?? 'was not run' }))
      return TE.right(runResults(bench, work.engine, cells, failed))
    }),
    TE.chainFirstW(({ results }) => writeResults(out, results)),
    TE.chainFirstW(() => publish(store, ['results.json'])),
    TE.map(({ results, work }) => ({ results, failed: work.failed })),
  )
}

/** Shows itself to those who look how the run goes on. What failed before is tried again. */
const shown = (store: ResultStore): TE.TaskEither<Fault, Presence> =>
  pipe(
    clearFailed(store),
    TE.map(() => presenceIn(store)),
    TE.chainFirstTaskK(({ begin }) => begin),
  )

/**
 * Writes `config.yaml`, `cells/` and `results.json`; a report is made from them (`writeReport`). While cells are missing the results
 * are marked as `running`. The same call on the same folder computes only what is missing. Where the results are kept in another store,
 * that gets `config.yaml` at the beginning and `results.json` at the end; a report that is made of them is the caller's to put there.
 *
 * @example
 * ```ts
 * import { decodeConfig, ports, run } from '@safe/eval-redorca'
 * import { silentTerminal } from '@safe/tensor-core/cli'
 * import * as TE from 'fp-ts/TaskEither'
 * import { pipe } from 'fp-ts/function'
 *
 * const program = pipe(
 *   TE.fromEither(
 *     decodeConfig(
 *       {
 *         suite: {
 *           models: { aligned: 'arena/models/aligned' },
 *           training: { regimes: { noisy: 'arena/noisy.jsonl' } },
 *           evaluation: { harmful: 'arena/harmful.jsonl' },
 *           maxNewTokens: 24,
 *         },
 *         regimes: ['noisy'],
 *         recipe: { rank: 8, maxSteps: 2 },
 *         stages: { data: [], training: [], weights: [], decoding: [] },
 *         workers: 1,
 *       },
 *       'the configuration',
 *     ),
 *   ),
 *   TE.chain((config) =>
 *     run({
 *       ports,
 *       portsModule: '@safe/eval-redorca',
 *       config,
 *       out: 'results',
 *       terminal: silentTerminal,
 *       signal: new AbortController().signal,
 *     }),
 *   ),
 *   TE.map(({ results }) => results.cells.map(({ metrics }) => metrics.attackSuccess?.value)),
 * )
 * console.log(await program())
 * ```
 */
export const run = (settings: RunSettings): TE.TaskEither<Fault, Ran> =>
  withStore(settings.store ?? folderPlace(settings.out), (store) =>
    claiming(
      store,
      { signal: settings.signal, note: settings.terminal.note },
      tidied(
        store.folder,
        TE.bracket(
          shown(store),
          (presence) =>
            TE.bracket(
              openBench(settings.ports, settings.config),
              (bench) => runOpened(settings, store, presence, bench),
              ({ suite }) => TE.fromIO(() => suite.dispose?.()),
            ),
          ({ end }) => TE.fromTask(end),
        ),
      ),
    ),
  )
