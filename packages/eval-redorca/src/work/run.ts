/**
 * Runs a benchmark into a results folder: makes the plan, gives its jobs to worker processes, and writes the results and the
 * report when all is done. The folder is the unit of resumption: the same command again does only what is missing.
 */
import type { ChildProcess } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { stringify } from 'yaml'
import type { Terminal } from '@safe/tensor-core/cli'
import { type Fault, badInput, causeLine, failure, interrupted } from '@safe/tensor-core/contracts'
import { makeFolder, writeWhole } from '@safe/tensor-core/files'
import { type Bench, openBench } from '../plan/bench'
import { cellFinished } from '../results/cellFiles'
import { type BenchConfig, configDocument } from '../config/config'
import { type Plan, planOf } from '../plan/plan'
import { largeModelBytes } from './models'
import type { BenchPorts, EngineUsed } from '../plan/ports'
import { type Tracker, jobName, tracker } from './progress'
import { type Results, resultsOf } from '../results/results'
import { readFinished, samplesById } from '../results/resultsFile'
import type { Sample } from '../results/samples'
import { type FailedJob, schedule } from './schedule'
import { stampOf } from '../results/stamp'
import { takeLock } from './workStore'
import { type Assignment, type WorkerSettings, startWorker, stopAll } from './workerProcess'

// model ------------------------------------------------------------------------------------------

/** A benchmark to be run, and where. */
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

const attempt = <A>(where: string, work: () => Promise<A>): TE.TaskEither<Fault, A> =>
  TE.tryCatch(work, (cause): Fault => failure('WriteFailed', causeLine(cause), { where }))

/** One run per folder at a time. */
const claimed = (out: string): TE.TaskEither<Fault, string> => {
  const lock = join(out, '.running')
  return pipe(
    attempt(out, async () => {
      makeFolder(out)
      // The first try may only have cleared away a dead run's lock.
      return (await takeLock(lock)) || (await takeLock(lock))
    }),
    TE.filterOrElse(
      (taken) => taken,
      (): Fault =>
        badInput('OutputBusy', 'another run is writing there', {
          where: out,
          remedy: 'wait for it, or give another --out',
        }),
    ),
    TE.map(() => lock),
  )
}

/** What is said of default methods that are not installed, a line for each package. */
const leftOut = ({ missing }: Bench): ReadonlyArray<string> =>
  [...new Set(missing.map(({ use }) => use))].map((use) => {
    const names = missing.filter((m) => m.use === use).map(({ name }) => name)
    return `${names.join(', ')} left out: ${use} is not installed (npm install ${use})`
  })

/** Engines whose workers would share one device. */
const deviceEngines = ['cuda', 'webgpu']
/** Engines that use several threads. */
const threadedEngines = ['native']

/** Whether one process with all cores is worth more than one per core: large models fill memory and have large products. */
const oneForAll = (config: BenchConfig, modelBytes: number): boolean =>
  modelBytes > largeModelBytes && (config.workers === 'auto' || config.workers === 1)

/** One worker per core; one in all on a graphics card, and where the model is large and the engine has threads. */
const workerCount = (config: BenchConfig, engine: EngineUsed, jobs: number, modelBytes: number): number => {
  const one =
    deviceEngines.includes(engine.engine) ||
    (threadedEngines.includes(engine.engine) && oneForAll(config, modelBytes))
  return Math.max(
    1,
    Math.min(jobs, config.workers !== 'auto' ? config.workers : one ? 1 : availableParallelism()),
  )
}

/** Engine first, then the plan that depends on it, then as many workers as it is worth. */
const worked = async (
  { portsModule, config, out, terminal, signal, execArgv }: RunSettings,
  bench: Bench,
  modelBytes: number,
): Promise<E.Either<Fault, { plan: Plan; engine: EngineUsed; failed: ReadonlyArray<FailedJob> }>> => {
  const children = new Set<ChildProcess>()
  const state: { assignment?: Assignment; track?: Tracker } = {}
  const settings: WorkerSettings = {
    // What is left of it: methods that are not installed are not asked for again.
    config: configDocument(bench.config),
    out,
    ports: portsModule,
    engine: config.engine,
    threads: oneForAll(config, modelBytes) ? availableParallelism() : 1,
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
    const plan = planned.right
    const cells = new Map(plan.cells.map((cell) => [`cell|${cell.id}`, cell]))
    state.assignment = { hashes: bench.hashes, engine, cell: (job) => cells.get(job.id) }
    const count = workerCount(config, engine, plan.jobs.length, modelBytes)
    const missing = plan.jobs.filter((job) => job.kind === 'cell').length
    terminal.note(
      `${plan.cells.length} cells, ${plan.cells.length - missing} of them finished; ${count} worker${count === 1 ? '' : 's'} on ${engine.engine}`,
    )
    if (missing === 0) return E.right({ plan, engine, failed: [] })
    const others = await Promise.all(
      Array.from({ length: count - 1 }, (_, i) => startWorker(i + 1, settings, assignment)),
    )
    const track = tracker(terminal, plan.jobs)
    state.track = track
    const failed = await schedule(plan.jobs, [first.right, ...others.filter(E.isRight).map((w) => w.right)], {
      onDone: (job) => track.done(job),
      onRetry: (job, said) => terminal.warn(`a worker died at ${jobName(job)} (${said}); trying once more`),
      stopped: () => signal.aborted,
    })
    track.stop()
    return signal.aborted
      ? E.left(
          interrupted('Interrupted', 'stopped; finished work is kept', {
            remedy: 'run the same command again to continue',
          }),
        )
      : E.right({ plan, engine, failed })
  } finally {
    signal.removeEventListener('abort', stop)
    stopAll(children)
  }
}

// running ----------------------------------------------------------------------------------------

/** What a run has made; cells that failed are named, and the others stand. */
export interface Ran {
  readonly results: Results
  readonly samples: ReadonlyMap<string, ReadonlyArray<Sample>>
  readonly failed: ReadonlyArray<FailedJob>
}

/** Leaves `config.yaml`, `cells/` and `results.json`; the report is made from them. */
export const run = (settings: RunSettings): TE.TaskEither<Fault, Ran> => {
  const { ports, config, out } = settings
  return TE.bracket(
    claimed(out),
    () =>
      pipe(
        TE.Do,
        TE.bindW('bench', () => openBench(ports, config)),
        TE.chainFirstW(({ bench }) =>
          writeWhole(join(out, 'config.yaml'), stringify(configDocument(bench.config))),
        ),
        TE.chainFirstIOK(
          ({ bench }) =>
            () =>
              leftOut(bench).forEach(settings.terminal.warn),
        ),
        TE.bindW('modelBytes', ({ bench }) => ports.weightBytes(bench.suite.models.aligned)),
        TE.bindW(
          'work',
          ({ bench, modelBytes }) =>
            () =>
              worked(settings, bench, modelBytes),
        ),
        TE.bindW('cells', ({ work }) =>
          readFinished(
            out,
            work.plan.cells.filter(({ id }) => cellFinished(out)(id)),
          ),
        ),
        TE.bindW('results', ({ bench, work, cells }) => {
          const there = new Set(cells.map((cell) => cell.id))
          const reasons = new Map(work.failed.map(({ job, fault }) => [job.id, fault.message]))
          return TE.right(
            resultsOf({
              suite: bench.suite.name,
              finished: new Date().toISOString(),
              stamp: stampOf(bench, work.engine),
              cells,
              failed: work.plan.cells
                .filter((cell) => !there.has(cell.id))
                .map(({ id, factors }) => ({
                  factors,
                  message: reasons.get(`cell|${id}`) ?? 'was not reached',
                })),
            }),
          )
        }),
        TE.chainFirstW(({ results }) =>
          writeWhole(join(out, 'results.json'), `${JSON.stringify(results, null, 1)}\n`),
        ),
        TE.map(({ results, work, cells }) => ({ results, samples: samplesById(cells), failed: work.failed })),
      ),
    (lock) => TE.fromTask(() => rm(lock, { force: true })),
  )
}
