/**
 * Runs a benchmark into a results folder: makes the plan, gives its jobs to worker processes, and writes the results when all
 * are done. The folder is the unit of resumption: the same command again does only what is missing.
 */
import type { ChildProcess } from 'node:child_process'
import { freemem } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Fault, interrupted } from '@safe/tensor-core/contracts'
import { writeWhole } from '@safe/tensor-core/files'
import { type Bench, openBench } from '../plan/bench'
import { cellFinished } from '../results/cellFiles'
import { type BenchConfig, configDocument } from '../config/config'
import { missingWarnings } from '../plan/methods'
import { expectedParts, timedJobs } from '../plan/expected'
import { type Plan, planOf } from '../plan/plan'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { claiming } from './claim'
import { headed } from './headed'
import { type Tracker, jobName, tracker } from './progress'
import { type Results, resultsOf } from '../results/results'
import { readFinished, samplesById } from '../results/resultsFile'
import type { Sample } from '../suite/samples'
import { isTimed, ratesOf } from './ratesOf'
import { type FailedJob, schedule } from './schedule'
import { stampOf } from '../results/stamp'
import { processBytes, threadsPerWorker, workerCount } from './workerCount'
import { expectationLine, memoryLine } from './expectation'
import { type Assignment, type WorkerSettings, closeAll, startWorker, stopAll } from './workerProcess'

// model ------------------------------------------------------------------------------------------

/** A benchmark to be run, and its results folder. */
export interface RunSettings {
  readonly ports: BenchPorts
  /** The module that exports those ports, for worker processes. */
  readonly portsModule: string
  readonly config: BenchConfig
  readonly out: string
  readonly terminal: Terminal
  readonly signal: AbortSignal
  /** Flags of worker processes; default: this process's own. */
  readonly execArgv?: ReadonlyArray<string>
}

// parts ------------------------------------------------------------------------------------------

const stoppedFault = interrupted('Interrupted', 'stopped; finished work is kept', {
  remedy: 'run the same command again to continue',
})

/**
 * Starts the first worker, which selects the engine; then makes the plan, which depends on the engine; then starts the other
 * workers.
 */
const runJobs = async (
  { portsModule, config, out, terminal, signal, execArgv }: RunSettings,
  bench: Bench,
  modelBytes: number,
): Promise<E.Either<Fault, { plan: Plan; engine: EngineUsed; failed: ReadonlyArray<FailedJob> }>> => {
  const children = new Set<ChildProcess>()
  const state: { assignment?: Assignment; track?: Tracker } = {}
  const settings: WorkerSettings = {
    // The completed configuration: methods that are not installed are not loaded again.
    config: configDocument(bench.config),
    out,
    ports: portsModule,
    engine: config.engine,
    threads: threadsPerWorker(config, modelBytes),
    execArgv: execArgv ?? process.execArgv,
    children,
    onProgress: (worker, job, share) => state.track?.progress(worker, job, share),
  }
  const stop = (): void => stopAll(children)
  signal.addEventListener('abort', stop)
  try {
    const assignment = (): Assignment =>
      state.assignment ?? {
        hashes: bench.hashes,
        engine: { engine: config.engine, device: '', versions: {} },
        cell: () => undefined,
      }
    const first = await startWorker(0, settings, assignment)
    if (E.isLeft(first)) return first
    const { engine } = first.right
    const planned = planOf(bench, engine, cellFinished(out))
    if (E.isLeft(planned)) return planned
    const { cells: allCells, jobs } = planned.right
    const cells = new Map(allCells.map((cell) => [`cell|${cell.id}`, cell]))
    state.assignment = { hashes: bench.hashes, engine, cell: (job) => cells.get(job.id) }
    const count = workerCount(config, engine, jobs.length, modelBytes)
    const missing = jobs.filter((job) => job.kind === 'cell').length
    terminal.note(
      `${allCells.length} cells, ${allCells.length - missing} of them finished; ${count} worker${count === 1 ? '' : 's'} on ${engine.engine}`,
    )
    if (missing === 0) return E.right({ plan: planned.right, engine, failed: [] })
    const rates = await ratesOf(first.right, modelBytes, terminal)
    if (E.isLeft(rates)) return signal.aborted ? E.left(stoppedFault) : rates
    const timed = timedJobs(bench, jobs, rates.right)
    if (isTimed(modelBytes)) {
      terminal.note(expectationLine(expectedParts(timed), count))
      const needed = await bench.ports.fineTuningBytes(bench.suite.models.aligned, {
        dtype: config.dtype,
        ...config.recipe,
      })()
      if (E.isRight(needed)) terminal.note(memoryLine(needed.right, freemem()))
    }
    const others = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) => startWorker(i + 1, settings, assignment)),
    )
    const track = tracker(terminal, timed)
    state.track = track
    const failed = await schedule(timed, [first.right, ...others.filter(E.isRight).map((w) => w.right)], {
      onDone: (job) => track.done(job),
      onRetry: (job, reason) =>
        terminal.warn(`a worker died at ${jobName(job)} (${reason}); the job is run once more`),
      stopped: () => signal.aborted,
    })
    track.stop()
    return signal.aborted ? E.left(stoppedFault) : E.right({ plan: planned.right, engine, failed })
  } finally {
    signal.removeEventListener('abort', stop)
    await closeAll(children)
  }
}

// running ----------------------------------------------------------------------------------------

/** The results of a run. Failed jobs are listed; the other cells are complete. */
export interface Ran {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
  readonly failed: ReadonlyArray<FailedJob>
}

const runOpened = (settings: RunSettings, bench: Bench): TE.TaskEither<Fault, Ran> => {
  const { ports, out } = settings
  const [headline] = bench.suite.judges
  return pipe(
    TE.Do,
    TE.chainFirstW(() => writeWhole(join(out, 'config.yaml'), stringify(configDocument(bench.config)))),
    TE.chainFirstIOK(
      () => () =>
        [...missingWarnings(bench.missing), ...(bench.suite.warnings ?? [])].forEach(settings.terminal.warn),
    ),
    TE.bindW('modelBytes', () => processBytes(ports, bench.suite)),
    TE.bindW(
      'work',
      ({ modelBytes }) =>
        () =>
          runJobs(settings, bench, modelBytes),
    ),
    TE.bindW('cells', ({ work }) =>
      pipe(
        readFinished(
          out,
          work.plan.cells.filter(({ id }) => cellFinished(out)(id)),
          headline.id,
        ),
        // Stored samples may have been judged again since, under another headline judge than the configuration's.
        TE.chain(TE.traverseSeqArray(headed(out, headline.id))),
      ),
    ),
    TE.bindW('results', ({ work, cells }) => {
      const finished = new Set(cells.map((cell) => cell.id))
      const reasons = new Map(work.failed.map(({ job, fault }) => [job.id, fault.message]))
      return TE.right(
        resultsOf({
          suite: bench.suite.name,
          finished: new Date().toISOString(),
          stamp: stampOf(bench, work.engine),
          cells,
          failed: work.plan.cells
            .filter((cell) => !finished.has(cell.id))
            .map(({ id, factors }) => ({
              factors,
              message: reasons.get(`cell|${id}`) ?? 'was not run',
            })),
        }),
      )
    }),
    TE.chainFirstW(({ results }) =>
      writeWhole(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`),
    ),
    TE.map(({ results, work, cells }) => ({ results, samples: samplesById(cells), failed: work.failed })),
  )
}

/**
 * Writes `config.yaml`, `cells/` and `results.json`; a report is made from them (`writeReport`). The same call on the same folder
 * computes only what is missing.
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
  claiming(
    settings.out,
    TE.bracket(
      openBench(settings.ports, settings.config),
      (bench) => runOpened(settings, bench),
      ({ suite }) => TE.fromIO(() => suite.dispose?.()),
    ),
  )
