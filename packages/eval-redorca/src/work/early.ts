/**
 * Results while a run goes on: `results.json`, and a report where the caller makes one, each time a cell is finished and it is time
 * (`earlyTimes.ts`); the first when an undefended cell is there, for everything is compared with it. They are marked as unfinished
 * (`running`). Writing happens in this process between the messages of workers, right after they were given their next jobs.
 */
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import type { Fault } from '@safe/tensor-core/contracts'
import { writeError } from '@safe/tensor-core/files'
import type { Bench } from '../plan/bench'
import type { Cell } from '../plan/cells'
import { isTuned, isUnattacked, isUndefended } from '../plan/factors'
import type { Job } from '../plan/plan'
import type { EngineUsed } from '../plan/ports'
import { cellFinished } from '../results/cellFiles'
import type { MeasuredCell } from '../results/prepared'
import type { Results } from '../results/results'
import { writeResults } from '../results/resultsText'
import type { Running } from '../results/running'
import type { ResultStore } from '../store'
import { comparable } from './comparable'
import { type Writes, nextWrite } from './earlyTimes'
import { finishedOf } from './finished'
import type { RunSettings } from './runSettings'
import { runResults } from './runResults'
import type { FailedJob } from './schedule'

// model ------------------------------------------------------------------------------------------

export interface Early {
  /** The cells of a round, before it begins. @param later the number of cells after it, as far as they are known */
  readonly round: (cells: ReadonlyArray<Cell>, later: number) => void
  readonly started: () => void
  readonly done: (job: Job) => void
  readonly failed: (failed: FailedJob) => void
  /** Ends writing. What was stopped is written a last time, as stopped. */
  readonly end: (stopped: boolean) => Promise<void>
}

interface State {
  readonly read: Map<string, MeasuredCell>
  readonly reasons: Map<string, string>
  /** Undefended cells of fine-tuned models: one of them must be finished. */
  readonly compared: Set<string>
  cells: ReadonlyArray<Cell>
  /** How many of them are of the first round. */
  first: number
  later: number
  ready: boolean
  writes: Writes
  /** Whether cells were finished since the last write. */
  fresh: boolean
  timer?: NodeJS.Timeout
  writing?: Promise<void>
  ended: boolean
  warned: boolean
}

// constructors -----------------------------------------------------------------------------------

/** Writes nothing: of several processes that work on one run, none knows what is finished. */
export const noEarly: Early = {
  round: () => undefined,
  started: () => undefined,
  done: () => undefined,
  failed: () => undefined,
  end: () => Promise.resolve(),
}

export const earlyResults = (
  { terminal, onEarly }: Pick<RunSettings, 'terminal' | 'onEarly'>,
  store: ResultStore,
  bench: Bench,
  engine: EngineUsed,
  secondsLeft: () => number,
): Early => {
  const state: State = {
    ...{ read: new Map(), reasons: new Map(), compared: new Set(), cells: [], first: 0, later: 0 },
    ...{ ready: false, fresh: false, ended: false, warned: false },
    writes: { began: Date.now(), spent: 0, took: 0 },
  }
  const out = store.folder
  const finished = cellFinished(out)
  const isReady = (): boolean => {
    state.ready ||= [...state.compared].some(finished)
    return state.ready
  }

  /** The finished cells; those that were read before are not read again. */
  const readCells = (): TE.TaskEither<Fault, ReadonlyArray<MeasuredCell>> =>
    pipe(
      finishedOf(
        store,
        state.cells.filter(({ id }) => !state.read.has(id)),
        bench.suite.judges[0].id,
      ),
      TE.map((found) => {
        found.forEach((cell) => state.read.set(cell.id, cell))
        return state.cells.flatMap(({ id }) => state.read.get(id) ?? [])
      }),
    )

  const resultsNow = (cells: ReadonlyArray<MeasuredCell>, stopped: boolean): Results => {
    const isShown = comparable(
      // Of later rounds, attackers are fine-tunes of their own; combinations belong to those of the first.
      state.cells.filter(({ factors }, i) => i < state.first || !isUnattacked(factors)),
      (id) => state.read.has(id),
      (id) => state.reasons.has(id),
    )
    const shown = cells.filter(({ factors }) => isShown(factors))
    const running: Running = {
      done: cells.length,
      cells: state.cells.length + state.later,
      secondsLeft: Math.round(secondsLeft()),
      ...(shown.length === cells.length ? {} : { leftOut: cells.length - shown.length }),
      ...(stopped ? { stopped } : {}),
    }
    const failed = state.cells.flatMap(({ id, factors }) => {
      const message = state.reasons.get(id)
      return message === undefined ? [] : [{ factors, message }]
    })
    return runResults(bench, engine, shown, failed, running)
  }

  const written = (stopped: boolean): TE.TaskEither<Fault, unknown> =>
    pipe(
      readCells(),
      TE.map((cells) => resultsNow(cells, stopped)),
      TE.chainFirst((results) => writeResults(out, results)),
      TE.chain((early) => (onEarly === undefined ? TE.right(undefined) : onEarly({ results: early }))),
    )

  /** Whatever goes wrong with what is only to be looked at, the run goes on. */
  const write = async (stopped: boolean): Promise<void> => {
    const started = Date.now()
    const result = await pipe(
      TE.tryCatch(written(stopped), writeError(out)),
      TE.chainEitherK((found) => found),
    )()
    if (E.isLeft(result) && !state.warned) {
      state.warned = true
      terminal.warn(`the results so far: ${result.left.message}`)
    }
    const [last, took] = [Date.now(), Date.now() - started]
    state.writes = { ...state.writes, last, took, spent: state.writes.spent + took }
  }

  /** Writes when it is time; what happens until then is written with it. */
  const plan = (): void => {
    const busy = state.ended || state.timer !== undefined || state.writing !== undefined
    if (busy || !state.fresh || !isReady()) return
    state.timer = setTimeout(
      () => {
        delete state.timer
        state.fresh = false
        state.writing = write(false).finally(() => {
          delete state.writing
          plan()
        })
      },
      Math.max(0, nextWrite(state.writes) - Date.now()),
    )
  }
  return {
    round: (cells, later) => {
      const before = new Set(state.cells.map(({ id }) => id))
      const added = cells.filter(({ id }) => !before.has(id))
      state.cells = [...state.cells, ...added]
      for (const { id, factors } of added)
        if (isTuned(factors) && isUndefended(factors)) state.compared.add(id)
      if (state.first === 0) state.first = state.cells.length
      state.later = later
      state.fresh ||= state.cells.some(({ id }) => !state.read.has(id) && finished(id))
    },
    started: plan,
    done: ({ kind }) => {
      state.fresh ||= kind === 'cell'
      plan()
    },
    failed: ({ job, fault }) => {
      if (job.kind === 'cell') state.reasons.set(job.id.slice('cell|'.length), fault.message)
    },
    end: async (stopped) => {
      state.ended = true
      clearTimeout(state.timer)
      await state.writing
      if (!stopped || !isReady()) return
      terminal.note('writing the results so far')
      await write(true)
    },
  }
}
