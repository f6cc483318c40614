/**
 * The jobs of a run, in rounds: first the cells that depend on no result; then, where strengths are tried, the combinations at the
 * strengths selected from those. Within a round, jobs are given to the workers (`schedule.ts`).
 */
import { freemem } from 'node:os'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { type Fault, interrupted } from '@safe/tensor-core/contracts'
import { configDocument } from '../config/config'
import type { Bench } from '../plan/bench'
import { type Cell, attackedCells, combinedCells, firstCells, refinedCells } from '../plan/cells'
import { choosesRows } from '../plan/attackers'
import { type Factors, isUnattacked } from '../plan/factors'
import { type Rates, expectedParts, timedJobs } from '../plan/expected'
import { type Job, jobsOf } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import type { Selected } from '../plan/settings'
import { isSwept } from '../plan/strengths'
import { cellFinished } from '../results/cellFiles'
import { alignedFolders } from '../suite/suite'
import { type Early, earlyResults } from './early'
import { expectationLine, memoryLine } from './expectation'
import { type Pool, withPool } from './pool'
import { type Tracker, jobName, tracker } from './progress'
import { isTimed, ratesOf } from './ratesOf'
import type { RunSettings } from './runSettings'
import { type FailedJob, schedule } from './schedule'
import { selectedIn, selectionRule, weakest } from './selecting'
import { threadsPerWorker, workerCount } from './workerCount'
import type { Assignment } from './workerProcess'

// model ------------------------------------------------------------------------------------------

/** What the rounds of a run have left: the cells that were planned, and the jobs that failed. */
export interface Done {
  readonly cells: ReadonlyArray<Cell>
  readonly engine: EngineUsed
  readonly failed: ReadonlyArray<FailedJob>
}

/** What the rounds share. */
interface Shop {
  readonly settings: RunSettings
  readonly bench: Bench
  readonly modelBytes: number
  readonly pool: Pool
  /** Every cell that a job may evaluate, by the job's id. */
  readonly known: Map<string, Cell>
  readonly ratesNow: () => Promise<E.Either<Fault, ReadonlyArray<Rates>>>
  readonly track: Tracker
  readonly early: Early
  readonly tell: (jobs: ReadonlyArray<Job>, workers: number) => Promise<void>
}

const stoppedFault = interrupted('Interrupted', 'stopped; finished work is kept', {
  remedy: 'run the same command again to continue',
})

// parts ------------------------------------------------------------------------------------------

/**
 * The rounds after the first, at these strengths: the combinations, those with one method a step weaker or stronger, and all
 * defences under attackers.
 */
const laterRounds = (
  bench: Bench,
  engine: EngineUsed,
  selected: Selected,
): E.Either<Fault, ReadonlyArray<ReadonlyArray<Cell>>> =>
  E.sequenceArray([
    ...(isSwept(bench.paths) ? [combinedCells(bench, engine, selected)] : []),
    ...(isSwept(bench.paths) && bench.config.refine ? [refinedCells(bench, engine, selected)] : []),
    ...(Object.keys(bench.config.attackers).length === 0 ? [] : [attackedCells(bench, engine, selected)]),
  ])

/** What follows the first round, in the line that a run begins with. */
const laterWords = ({ paths }: Pick<Bench, 'paths'>, later: ReadonlyArray<Cell>): string => {
  const combined = later.filter(({ factors }) => isUnattacked(factors)).length
  const attacked = later.length - combined
  const parts = [
    ...(combined === 0 ? [] : [`${combined} of combinations`]),
    ...(attacked === 0 ? [] : [`${attacked} under attackers`]),
  ]
  return parts.length === 0
    ? ''
    : `; then ${parts.join(' and ')}${isSwept(paths) ? ' at the strengths selected on validation items' : ''}`
}

/** Tells what a run will take, where that was timed; once, before its first job. */
const telling = (
  { config, terminal }: RunSettings,
  bench: Bench,
  modelBytes: number,
): ((jobs: ReadonlyArray<Job>, workers: number) => Promise<void>) => {
  const state = { told: !isTimed(modelBytes) }
  return async (jobs, workers) => {
    if (state.told) return
    state.told = true
    const parts = expectedParts(jobs).filter(({ seconds }) => seconds > 0)
    terminal.note(expectationLine(parts, workers))
    // Where only models and adapters that are there are evaluated, nothing is fine-tuned.
    if (parts.every(({ kind }) => kind === 'cell')) return
    const needed = await pipe(
      alignedFolders(bench.suite),
      TE.traverseSeqArray((folder) =>
        bench.ports.fineTuningBytes(folder, { dtype: config.dtype, ...config.recipe }),
      ),
    )()
    if (E.isRight(needed)) terminal.note(memoryLine(Math.max(...needed.right), freemem()))
  }
}

/**
 * Runs what is missing of these cells.
 *
 * @param later the cells of the rounds after this one, as far as they are known
 */
const runCells = async (
  shop: Shop,
  cells: ReadonlyArray<Cell>,
  later: ReadonlyArray<Cell>,
): Promise<E.Either<Fault, ReadonlyArray<FailedJob>>> => {
  const { settings, bench, modelBytes, pool, known, track, early } = shop
  const { out, config, terminal, signal } = settings
  cells.forEach((cell) => known.set(`cell|${cell.id}`, cell))
  early.round(cells, later.length)
  const chooses = (factors: Factors): boolean => choosesRows(bench, factors)
  const jobs = jobsOf(cells, cellFinished(out), chooses)
  if (!jobs.some((job) => job.kind === 'cell')) return E.right([])
  const rates = await shop.ratesNow()
  if (E.isLeft(rates)) return signal.aborted ? E.left(stoppedFault) : rates
  const here = new Set(jobs.map(({ id }) => id))
  const afterwards = jobsOf(later, cellFinished(out), chooses).filter(({ id }) => !here.has(id))
  const costed = timedJobs(bench, [...jobs, ...afterwards], rates.right)
  const [timed, after] = [costed.slice(0, jobs.length), costed.slice(jobs.length)]
  const workers = workerCount(config, pool.first.engine, jobs.length, modelBytes)
  await shop.tell([...timed, ...after], workers)
  await pool.grow(workers)
  track.round(timed, after, pool.workers().length)
  const failed = await schedule(timed, pool.workers(), {
    onStart: (job) => {
      track.started(job)
      early.started()
    },
    onDone: (job, seconds) => {
      track.done(job, seconds)
      early.done(job)
    },
    onFailed: (failure) => {
      track.failed(failure.job)
      early.failed(failure)
    },
    onRetry: (job, reason) =>
      terminal.warn(`a worker died at ${jobName(job)} (${reason}); the job is run once more`),
    onReplaced: pool.replace,
    stopped: () => signal.aborted,
  })
  return signal.aborted ? E.left(stoppedFault) : E.right(failed)
}

/** The rounds after the first. */
const runLater = async (shop: Shop, first: Done): Promise<E.Either<Fault, Done>> => {
  const { settings, bench } = shop
  const rule = selectionRule(bench)
  const selected =
    rule === undefined ? E.right(weakest(bench)) : await selectedIn(settings.out, bench, rule, first.cells)()
  if (E.isLeft(selected)) return selected
  const rounds = laterRounds(bench, first.engine, selected.right)
  if (E.isLeft(rounds)) return rounds
  const state = { ...first }
  for (const [i, cells] of rounds.right.entries()) {
    const result = await runCells(shop, cells, rounds.right.slice(i + 1).flat())
    if (E.isLeft(result)) return result
    const before = new Set(state.cells.map(({ id }) => id))
    state.cells = [...state.cells, ...cells.filter(({ id }) => !before.has(id))]
    state.failed = [...state.failed, ...result.right]
  }
  return E.right(state)
}

const runRounds = async (shop: Shop): Promise<E.Either<Fault, Done>> => {
  const { settings, bench, modelBytes, pool } = shop
  const { config, terminal, out } = settings
  const { engine } = pool.first
  const planned = firstCells(bench, engine)
  if (E.isLeft(planned)) return planned
  // At the weakest strengths there is as much to do as at those that are not selected yet.
  const rounds = laterRounds(bench, engine, weakest(bench))
  if (E.isLeft(rounds)) return rounds
  const later = rounds.right.flat()
  const open = jobsOf(planned.right, cellFinished(out))
  const workers = workerCount(config, engine, Math.max(1, open.length), modelBytes)
  const missing = open.filter((job) => job.kind === 'cell').length
  terminal.note(
    `${planned.right.length} cells, ${planned.right.length - missing} of them finished${laterWords(bench, later)}; ${workers} worker${workers === 1 ? '' : 's'} on ${engine.engine}`,
  )
  const failed = await runCells(shop, planned.right, later)
  return E.isLeft(failed) ? failed : runLater(shop, { cells: planned.right, engine, failed: failed.right })
}

/** Each line once: the judges of several workers say the same. */
const onceEach = (warn: (line: string) => void): ((line: string) => void) => {
  const told = new Set<string>()
  return (line) => {
    if (!told.has(line)) warn(line)
    told.add(line)
  }
}

// running ----------------------------------------------------------------------------------------

/** Runs what is missing of a benchmark, round by round, with worker processes that are closed at the end. */
export const runJobs = (
  settings: RunSettings,
  bench: Bench,
  modelBytes: number,
): Promise<E.Either<Fault, Done>> => {
  const { portsModule, config, out, terminal, signal, execArgv } = settings
  const known = new Map<string, Cell>()
  const track = tracker(terminal)
  const state: { engine?: EngineUsed; rates?: ReadonlyArray<Rates> } = {}
  const assignment = (): Assignment => ({
    hashes: bench.hashes,
    engine: state.engine ?? { engine: config.engine, device: '', versions: {} },
    cell: (job) => known.get(job.id),
  })
  return withPool(
    {
      // The completed configuration: methods that are not installed are not loaded again.
      config: configDocument(bench.config),
      out,
      ports: portsModule,
      engine: config.engine,
      threads: threadsPerWorker(config, modelBytes),
      execArgv: execArgv ?? process.execArgv,
      onProgress: (_, job, share) => track.progress(job, share),
      onWarning: onceEach(settings.terminal.warn),
    },
    signal,
    assignment,
    async (pool) => {
      const { engine } = pool.first
      state.engine = engine
      const early = earlyResults(settings, bench, engine, track.secondsLeft)
      const done = await runRounds({
        ...{ settings, bench, modelBytes, pool, known, track, early },
        tell: telling(settings, bench, modelBytes),
        ratesNow: async () => {
          if (state.rates !== undefined) return E.right(state.rates)
          const found = await ratesOf(pool.first, modelBytes, terminal)
          if (E.isRight(found)) state.rates = found.right
          return found
        },
      })
      track.stop()
      await early.end(E.isLeft(done))
      return done
    },
  )
}
