/**
 * The jobs of a run, in rounds: first the cells that depend on no result; then, where strengths are tried, the combinations at the
 * strengths selected from those. Within a round, jobs are given to the workers (`schedule.ts`).
 */
import * as E from 'fp-ts/Either'
import type { Fault } from '@safe/tensor-core/contracts'
import { configDocument } from '../config/config'
import type { Bench } from '../plan/bench'
import { type Cell, attackedCells, combinedCells, firstCells, refinedCells } from '../plan/cells'
import { choosesRows } from '../plan/attackers'
import type { Factors } from '../plan/factors'
import { type Rates, timedJobs } from '../plan/expected'
import { type Job, jobsOf } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import type { Selected } from '../plan/settings'
import { isSwept } from '../plan/strengths'
import { type ResultStore, placeOf } from '../store'
import { type Early, earlyResults, noEarly } from './early'
import { tellFailed } from './fleet/failedJobs'
import type { Fleet } from './fleet/fleet'
import { planned } from './fleet/planned'
import type { Presence } from './fleet/presence'
import { type Pool, withPool } from './pool'
import { type Tracker, jobName, tracker } from './progress'
import { finishedNow } from './finished'
import { queuePool } from './queue/queuePool'
import { queueWorkers } from './queue/queueWorkers'
import { ratesOf } from './ratesOf'
import type { RunSettings } from './runSettings'
import { type FailedJob, schedule } from './schedule'
import { selectedIn, selectionRule, weakest } from './selecting'
import { stoppedFault } from './stopped'
import { laterWords, telling } from './telling'
import { threadsPerWorker, workerCount } from './workerCount'
import type { Assignment } from './workerProcess'

// model ------------------------------------------------------------------------------------------

/** What the rounds of a run have left: the cells that were planned, and the jobs that failed. */
export interface Done {
  readonly cells: ReadonlyArray<Cell>
  readonly engine: EngineUsed
  readonly failed: ReadonlyArray<FailedJob>
  /** Cells of the first round that other processes were to see to and did not finish; later rounds were not begun then. */
  readonly missing: number
}

/** How a run stands among others: how it shows itself, and how it shares its jobs, where it does. */
export interface Standing {
  readonly presence: Presence
  readonly fleet?: Fleet
}

/** What the rounds share. */
interface Shop extends Standing {
  readonly settings: RunSettings
  readonly store: ResultStore
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
  const { settings, bench, modelBytes, pool, known, track, early, presence, fleet } = shop
  const { config, terminal, signal } = settings
  cells.forEach((cell) => known.set(`cell|${cell.id}`, cell))
  early.round(cells, later.length)
  const chooses = (factors: Factors): boolean => choosesRows(bench, factors)
  const finished = await finishedNow(shop.store)()
  if (E.isLeft(finished)) return finished
  const jobs = jobsOf(cells, finished.right, chooses)
  if (!jobs.some((job) => job.kind === 'cell')) return E.right([])
  const rates = await shop.ratesNow()
  if (E.isLeft(rates)) return signal.aborted ? E.left(stoppedFault) : rates
  const here = new Set(jobs.map(({ id }) => id))
  const afterwards = jobsOf(later, finished.right, chooses).filter(({ id }) => !here.has(id))
  const costed = timedJobs(bench, [...jobs, ...afterwards], rates.right)
  const [timed, after] = [costed.slice(0, jobs.length), costed.slice(jobs.length)]
  const workers = settings.queue?.inFlight ?? workerCount(config, pool.engine, jobs.length, modelBytes)
  await shop.tell([...timed, ...after], workers)
  const grown = await pool.grow(workers)
  if (E.isLeft(grown)) return grown
  track.round(timed, after, pool.workers().length)
  const failed = await schedule(timed, pool.workers(), {
    onStart: (job) => {
      track.started(job)
      early.started()
      presence.started(job)
    },
    onDone: (job, seconds) => {
      track.done(job, seconds)
      early.done(job)
      presence.ended(job)
    },
    onFailed: (failure) => {
      track.failed(failure.job)
      early.failed(failure)
      presence.ended(failure.job)
    },
    onElsewhere: track.elsewhere,
    onAgain: (job, fault) => {
      presence.ended(job)
      terminal.warn(`${jobName(job)} failed (${fault.message}); it is tried once more`)
    },
    onRetry: (job, reason) =>
      terminal.warn(`a worker died at ${jobName(job)} (${reason}); the job is run once more`),
    onReplaced: pool.replace,
    stopped: () => signal.aborted,
    ...(fleet === undefined ? {} : { claims: fleet.claims(timed) }),
  })
  if (signal.aborted) return E.left(stoppedFault)
  const told =
    fleet === undefined ? await tellFailed(shop.store, failed, presence.process)() : E.right(undefined)
  return E.isLeft(told) ? told : E.right(failed)
}

/** The rounds after the first. */
const runLater = async (shop: Shop, first: Done): Promise<E.Either<Fault, Done>> => {
  const { bench, store, fleet } = shop
  const rule = selectionRule(bench)
  const selected =
    rule === undefined ? E.right(weakest(bench)) : await selectedIn(shop.store, bench, rule, first.cells)()
  if (E.isLeft(selected)) return selected
  const rounds = laterRounds(bench, first.engine, selected.right)
  if (E.isLeft(rounds)) return rounds
  const state = { ...first }
  for (const [i, cells] of rounds.right.entries()) {
    const before = new Set(state.cells.map(({ id }) => id))
    const later = rounds.right.slice(i + 1).flat()
    state.cells = [...state.cells, ...cells.filter(({ id }) => !before.has(id))]
    const round = { first: first.cells, cells: state.cells, later, engine: first.engine }
    const told = await planned(store, bench, round, fleet !== undefined)()
    if (E.isLeft(told)) return told
    const result = await runCells(shop, cells, later)
    if (E.isLeft(result)) return result
    state.failed = [...state.failed, ...result.right]
  }
  return E.right(state)
}

const runRounds = async (shop: Shop): Promise<E.Either<Fault, Done>> => {
  const { settings, store, bench, modelBytes, pool, fleet } = shop
  const { config, terminal, signal } = settings
  const { engine } = pool
  const first = firstCells(bench, engine)
  if (E.isLeft(first)) return first
  const part = fleet === undefined ? first.right : fleet.part(first.right)
  // At the weakest strengths there is as much to do as at those that are not selected yet.
  const rounds = laterRounds(bench, engine, weakest(bench))
  if (E.isLeft(rounds)) return rounds
  const later = rounds.right.flat()
  const finished = await finishedNow(shop.store)()
  if (E.isLeft(finished)) return finished
  const open = jobsOf(part, finished.right)
  const workers =
    settings.queue?.inFlight ?? workerCount(config, engine, Math.max(1, open.length), modelBytes)
  const unfinished = open.filter((job) => job.kind === 'cell').length
  terminal.note(
    `${part.length} cells, ${part.length - unfinished} of them finished${laterWords(bench, later)}; ${workers} worker${workers === 1 ? '' : 's'} on ${engine.engine}`,
  )
  const round = { first: first.right, cells: first.right, later, engine }
  const told = await planned(store, bench, round, fleet !== undefined)()
  if (E.isLeft(told)) return told
  const failed = await runCells(shop, part, later)
  if (E.isLeft(failed)) return failed
  const missing = fleet === undefined ? E.right(0) : await fleet.awaited(first.right)
  if (E.isLeft(missing)) return missing
  const done = { cells: first.right, engine, failed: failed.right, missing: missing.right }
  return signal.aborted ? E.left(stoppedFault) : done.missing > 0 ? E.right(done) : runLater(shop, done)
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
  store: ResultStore,
  bench: Bench,
  modelBytes: number,
  standing: Standing,
): Promise<E.Either<Fault, Done>> => {
  const { portsModule, config, terminal, signal, execArgv } = settings
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
      store: placeOf(store),
      ports: portsModule,
      engine: config.engine,
      threads: threadsPerWorker(config, modelBytes),
      execArgv: execArgv ?? process.execArgv,
      onProgress: (_, job, share) => track.progress(job, share),
      onWarning: onceEach(terminal.warn),
      warn: terminal.warn,
    },
    signal,
    assignment,
    async (own) => {
      const { queue } = settings
      const queued = queue === undefined ? undefined : queueWorkers(queue, store, bench, assignment, signal)
      const pool = queued === undefined ? own : queuePool(own, queued)
      const { engine } = pool
      state.engine = engine
      standing.presence.left(() => track.secondsLeft() * pool.workers().length)
      const early =
        standing.fleet === undefined
          ? earlyResults(settings, store, bench, engine, track.secondsLeft)
          : noEarly
      const done = await runRounds({
        ...{ ...standing, settings, store, bench, modelBytes, pool, known, track, early },
        tell: telling(settings, bench, modelBytes),
        ratesNow: async () => {
          if (state.rates !== undefined) return E.right(state.rates)
          const found = await ratesOf(pool, modelBytes, terminal)
          if (E.isRight(found)) state.rates = found.right
          return found
        },
      })
      track.stop()
      await queued?.close()
      await early.end(E.isLeft(done))
      return done
    },
  )
}
