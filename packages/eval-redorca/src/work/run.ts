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
import { type Rates, expectedParts, timedJobs } from '../plan/expected'
import { type Cell, combinedCells, firstCells, refinedCells } from '../plan/cells'
import { type PlannedJob, jobsOf } from '../plan/plan'
import type { Selected } from '../plan/settings'
import { isSwept } from '../plan/strengths'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { claiming } from './claim'
import { headed } from './headed'
import { type Tracker, jobName, tracker } from './progress'
import { type FinishedCell, type Results, resultsOf } from '../results/results'
import { type SelectionRule, selectedStrengths, selectionsOf } from '../results/selection'
import { readFinished, samplesById } from '../results/resultsFile'
import type { Sample } from '../suite/samples'
import { isTimed, ratesOf } from './ratesOf'
import { type FailedJob, type Worker, schedule } from './schedule'
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

interface Done {
  readonly cells: ReadonlyArray<Cell>
  readonly engine: EngineUsed
  readonly failed: ReadonlyArray<FailedJob>
}

/** The rule by which strengths are selected; undefined where none are tried. */
const selectionRule = ({ config, methods, paths }: Bench): SelectionRule | undefined =>
  isSwept(paths)
    ? {
        epsilon: config.epsilon,
        delta: config.delta,
        paths,
        ...(config.sweepSource === undefined || typeof config.sweep === 'string'
          ? {}
          : { source: config.sweepSource }),
        controls: Object.fromEntries(
          Object.values(methods).flatMap((choices) =>
            [...choices.values()].flatMap(({ name, controls }) =>
              controls === undefined ? [] : [[name, controls] as const],
            ),
          ),
        ),
      }
    : undefined

/** Finished ones of these cells, under the headline judge. */
const finishedOf = (
  out: string,
  cells: ReadonlyArray<Cell>,
  headline: string,
): TE.TaskEither<Fault, ReadonlyArray<FinishedCell>> =>
  pipe(
    readFinished(
      out,
      cells.filter(({ id }) => cellFinished(out)(id)),
      headline,
    ),
    // Stored samples may have been judged again since, under another headline judge than the configuration's.
    TE.chain(TE.traverseSeqArray(headed(out, headline))),
  )

/** The strengths selected from the cells that are finished. */
const selectedIn = (
  { out }: RunSettings,
  { suite }: Bench,
  rule: SelectionRule,
  cells: ReadonlyArray<Cell>,
): TE.TaskEither<Fault, Selected> =>
  pipe(
    finishedOf(out, cells, suite.judges[0].id),
    TE.map((finished) =>
      selectedStrengths(
        selectionsOf(
          finished.map((cell) => ({
            ...cell,
            headline: cell.judges?.find(({ id }) => id === suite.judges[0].id),
          })),
          rule,
        ),
      ),
    ),
  )

/** The weakest strengths, in place of those that are not selected yet: as much work as any. */
const weakest =
  ({ paths }: Bench): Selected =>
  () =>
  (method) =>
    paths[method]?.[0]

/**
 * Starts the first worker, which selects the engine; then runs the cells in turn: those that depend on no result, and where strengths
 * are tried, the combinations at the selected ones.
 */
const runJobs = async (
  settings: RunSettings,
  bench: Bench,
  modelBytes: number,
): Promise<E.Either<Fault, Done>> => {
  const { portsModule, config, out, terminal, signal, execArgv } = settings
  const children = new Set<ChildProcess>()
  const state: { assignment?: Assignment; track?: Tracker } = {}
  const workerSettings: WorkerSettings = {
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
    const first = await startWorker(0, workerSettings, assignment)
    if (E.isLeft(first)) return first
    const { engine } = first.right
    const pool: { workers: ReadonlyArray<Worker>; started: number } = { workers: [first.right], started: 1 }
    const known = new Map<string, Cell>()
    state.assignment = { hashes: bench.hashes, engine, cell: (job) => known.get(job.id) }
    const finished = cellFinished(out)
    const openJobs = (cells: ReadonlyArray<Cell>): ReadonlyArray<PlannedJob> => jobsOf(cells, finished)

    const planned = firstCells(bench, engine)
    if (E.isLeft(planned)) return planned
    const later = isSwept(bench.paths)
      ? pipe(
          [combinedCells(bench, engine, weakest(bench))],
          (all) => (config.refine ? [...all, refinedCells(bench, engine, weakest(bench))] : all),
          E.sequenceArray,
          E.map((all) => all.flat()),
        )
      : E.right([])
    if (E.isLeft(later)) return later
    const open = openJobs(planned.right)
    const count = workerCount(config, engine, Math.max(1, open.length), modelBytes)
    const missing = open.filter((job) => job.kind === 'cell').length
    terminal.note(
      `${planned.right.length} cells, ${planned.right.length - missing} of them finished${later.right.length === 0 ? '' : `; then ${later.right.length} of combinations at the strengths selected on validation items`}; ${count} worker${count === 1 ? '' : 's'} on ${engine.engine}`,
    )

    const clock: { rates?: Rates } = {}
    const ratesNow = async (): Promise<E.Either<Fault, Rates>> => {
      if (clock.rates !== undefined) return E.right(clock.rates)
      const found = await ratesOf(first.right, modelBytes, terminal)
      if (E.isRight(found)) clock.rates = found.right
      return found
    }

    /** Runs what is missing of these cells. */
    const runCells = async (
      cells: ReadonlyArray<Cell>,
      expected: ReadonlyArray<PlannedJob>,
    ): Promise<E.Either<Fault, ReadonlyArray<FailedJob>>> => {
      cells.forEach((cell) => known.set(`cell|${cell.id}`, cell))
      const jobs = openJobs(cells)
      if (!jobs.some((job) => job.kind === 'cell')) return E.right([])
      const rates = await ratesNow()
      if (E.isLeft(rates)) return signal.aborted ? E.left(stoppedFault) : rates
      const timed = timedJobs(bench, jobs, rates.right)
      if (isTimed(modelBytes) && expected.length > 0) {
        terminal.note(expectationLine(expectedParts(timedJobs(bench, expected, rates.right)), count))
        const needed = await bench.ports.fineTuningBytes(bench.suite.models.aligned, {
          dtype: config.dtype,
          ...config.recipe,
        })()
        if (E.isRight(needed)) terminal.note(memoryLine(needed.right, freemem()))
      }
      const wanted = workerCount(config, engine, jobs.length, modelBytes) - pool.workers.length
      const more = await Promise.all(
        Array.from({ length: Math.max(0, wanted) }, (_, i) =>
          startWorker(pool.started + i, workerSettings, assignment),
        ),
      )
      pool.started += more.length
      pool.workers = [...pool.workers, ...more.filter(E.isRight).map((w) => w.right)]
      const track = tracker(terminal, timed)
      state.track = track
      const failed = await schedule(timed, pool.workers, {
        onDone: (job) => track.done(job),
        onRetry: (job, reason) =>
          terminal.warn(`a worker died at ${jobName(job)} (${reason}); the job is run once more`),
        onReplaced: (dead, successor) => {
          pool.workers = pool.workers.flatMap((w) => (w === dead ? (successor ?? []) : [w]))
        },
        stopped: () => signal.aborted,
      })
      track.stop()
      return signal.aborted ? E.left(stoppedFault) : E.right(failed)
    }

    const laterIds = new Set(open.map(({ id }) => id))
    const ran = await runCells(planned.right, [
      ...open,
      ...openJobs(later.right).filter(({ id }) => !laterIds.has(id)),
    ])
    if (E.isLeft(ran)) return ran
    const rule = selectionRule(bench)
    if (rule === undefined) return E.right({ cells: planned.right, engine, failed: ran.right })

    const selected = await selectedIn(settings, bench, rule, planned.right)()
    if (E.isLeft(selected)) return selected
    const steps = config.refine ? [combinedCells, refinedCells] : [combinedCells]
    const done = { cells: planned.right, failed: ran.right }
    for (const step of steps) {
      const cells = step(bench, engine, selected.right)
      if (E.isLeft(cells)) return cells
      const result = await runCells(cells.right, [])
      if (E.isLeft(result)) return result
      const before = new Set(done.cells.map(({ id }) => id))
      done.cells = [...done.cells, ...cells.right.filter(({ id }) => !before.has(id))]
      done.failed = [...done.failed, ...result.right]
    }
    return E.right({ ...done, engine })
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
    TE.bindW('cells', ({ work }) => finishedOf(out, work.cells, headline.id)),
    TE.bindW('results', ({ work, cells }) => {
      const finished = new Set(cells.map((cell) => cell.id))
      const reasons = new Map(work.failed.map(({ job, fault }) => [job.id, fault.message]))
      const selection = selectionRule(bench)
      return TE.right(
        resultsOf({
          suite: bench.suite.name,
          finished: new Date().toISOString(),
          stamp: stampOf(bench, work.engine),
          cells,
          ...(selection === undefined ? {} : { selection }),
          failed: work.cells
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
