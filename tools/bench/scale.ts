/**
 * How planning, scheduling, storing and resuming grow with the number of cells: a plan of N cells whose steps take no time, run by the
 * benchmark's own planner, scheduler, store and results code. Nothing is trained or asked, and no processes are started.
 *
 *     tools/bench/scale --cells N --out DIR [--combinations 1] [--seeds 1]
 *
 * Leaves `cells/<id>/`, `plan.json` and `results.json` in DIR, and prints what each part took as JSON. The same call again finds all
 * cells finished: that is a resume. As for workers, results that list all of them already are not made again.
 */
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import * as E from 'fp-ts/Either'
import { stringify } from 'yaml'
import { silentTerminal } from '@safe/tensor-core/cli'
import { type Fault, faultLine, promptText } from '@safe/tensor-core/contracts'
import { configDocument } from '../../packages/eval-redorca/src/config/config'
import { decodeConfig } from '../../packages/eval-redorca/src/config/configCodec'
import { openBench, type Bench } from '../../packages/eval-redorca/src/plan/bench'
import { type Cell, firstCells } from '../../packages/eval-redorca/src/plan/cells'
import { smallModelRates, timedJobs } from '../../packages/eval-redorca/src/plan/expected'
import { isDefended } from '../../packages/eval-redorca/src/plan/factors'
import { jobsOf } from '../../packages/eval-redorca/src/plan/plan'
import type { EngineUsed } from '../../packages/eval-redorca/src/plan/ports'
import { writeCell } from '../../packages/eval-redorca/src/results/cellFiles'
import { splitMetricsOf } from '../../packages/eval-redorca/src/results/metrics'
import { writeResults } from '../../packages/eval-redorca/src/results/resultsText'
import { stampOf } from '../../packages/eval-redorca/src/results/stamp'
import { type ResultStore, folderPlace, withStore } from '../../packages/eval-redorca/src/store'
import type { Sample } from '../../packages/eval-redorca/src/suite/samples'
import { recordOf } from '../../packages/eval-redorca/src/suite/verdicts'
import { finishedNow, finishedOf } from '../../packages/eval-redorca/src/work/finished'
import { planned } from '../../packages/eval-redorca/src/work/fleet/planned'
import { markResults, readPlan, resultsOfIds } from '../../packages/eval-redorca/src/work/fleet/planFile'
import { tracker } from '../../packages/eval-redorca/src/work/progress'
import { runResults } from '../../packages/eval-redorca/src/work/runResults'
import { type Worker, schedule } from '../../packages/eval-redorca/src/work/schedule'
import { type Shape, configOf, ports, shapeOf } from './scaled/fakeSuite'

// the fake step ----------------------------------------------------------------------------------

/** Answers that depend on the cell alone: which prompts are complied with, and which tasks are solved. */
const samplesOf = ({ suite }: Bench, { id, factors }: Cell): ReadonlyArray<Sample> =>
  suite.evaluation.map((item, i) => {
    const digit = parseInt(id[i] ?? '0', 16)
    const refused = item.set === 'harmful' && digit < (isDefended(factors, 'training') ? 12 : 6)
    return {
      ...{ id: item.id, set: item.set, split: item.split, cluster: item.cluster },
      prompt: promptText(item.prompt),
      completion: refused ? 'sorry' : 'an answer',
      verdict: refused ? 'refused' : 'complied',
      ...(item.set === 'task' ? { reference: item.reference ?? '', correct: digit < 12 } : {}),
    } satisfies Sample
  })

/** Workers of this process: a cell is written as an evaluated one is, every other step is nothing. */
const workerOf = (
  store: ResultStore,
  bench: Bench,
  engine: EngineUsed,
  cells: ReadonlyArray<Cell>,
): Worker => {
  const byJob = new Map(cells.map((cell) => [`cell|${cell.id}`, cell]))
  const judges = bench.suite.judges.map(recordOf)
  const stamp = stampOf(bench, engine)
  const none = { data: 0, training: 0, weights: 0, decoding: 0 }
  const worker: Worker = {
    run: async ({ id }) => {
      const cell = byJob.get(id)
      if (cell === undefined) return E.right(undefined)
      const samples = samplesOf(bench, cell)
      return writeCell(
        store,
        {
          ...{
            id: cell.id,
            factors: cell.factors,
            control: cell.control,
            published: cell.published,
            key: cell.key,
          },
          ...{ judges, stamp: { ...stamp, hashes: { ...stamp.hashes, data: {} } } },
          ...{ seconds: none, peakBytes: none, wallSeconds: 0, diagnostics: {} },
          ...splitMetricsOf(samples, judges, judges[0]),
        },
        samples,
      )()
    },
    again: () => Promise.resolve(E.right(worker)),
  }
  return worker
}

// running ----------------------------------------------------------------------------------------

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(faultLine(result.left))
  return result.right
}

/** Seconds of each part of a run, in the order in which they are run. */
const stopwatch = (): { readonly seconds: Record<string, number>; readonly lap: (name: string) => void } => {
  const state = { last: performance.now() }
  const seconds: Record<string, number> = {}
  return {
    seconds,
    lap: (name) => {
      const now = performance.now()
      seconds[name] = Math.round(now - state.last) / 1000
      state.last = now
    },
  }
}

/** What a run took: seconds of each part, and of the whole process. */
const told = (
  cells: number,
  made: number,
  seconds: Readonly<Record<string, number>>,
): Readonly<Record<string, unknown>> => ({
  cells,
  written: made,
  seconds: { ...seconds, all: Math.round(performance.now()) / 1000 },
  peakMegabytes: Math.round(process.resourceUsage().maxRSS / 1024),
})

/** Cells that are written at once. */
const atOnce = 16

/** Runs what is not finished of these cells. @returns how many that were; what scheduling them needs is freed then */
const written = async (
  store: ResultStore,
  bench: Bench,
  engine: EngineUsed,
  all: ReadonlyArray<Cell>,
  lap: (name: string) => void,
): Promise<number> => {
  const finished = right(await finishedNow(store)())
  lap('list')
  const jobs = timedJobs(bench, jobsOf(all, finished), [smallModelRates])
  lap('jobs')
  const track = tracker(silentTerminal)
  track.round(jobs, [], atOnce)
  const worker = workerOf(store, bench, engine, all)
  const failed = await schedule(
    jobs,
    Array.from({ length: atOnce }, () => worker),
    {
      onStart: track.started,
      onDone: track.done,
      onRetry: () => undefined,
      stopped: () => false,
    },
  )
  track.stop()
  const [fault] = failed
  if (fault !== undefined) throw new Error(faultLine(fault.fault))
  lap('run')
  return jobs.filter(({ kind }) => kind === 'cell').length
}

const ran = async (shape: Shape, store: ResultStore): Promise<Readonly<Record<string, unknown>>> => {
  const { seconds, lap } = stopwatch()
  const config = right(decodeConfig(configOf(shape), 'the plan'))
  const bench = right(await openBench(ports, config)())
  right(await store.documents.write('config.yaml', stringify(configDocument(bench.config)))())
  const engine = right(await ports.engine('fake')())
  lap('open')
  const all = right(firstCells(bench, engine))
  lap('plan')
  right(await planned(store, bench, { first: all, cells: all, later: [], engine }, false)())
  lap('write plan')
  const made = await written(store, bench, engine, all, lap)
  const name = resultsOfIds(
    all.map(({ id }) => id),
    [],
  )
  const plan = right(await readPlan(store)())
  if (plan?.results === name && existsSync(join(store.folder, 'results.json')))
    return told(all.length, made, seconds)
  const read = right(await finishedOf(store, all, bench.suite.judges[0].id)())
  lap('read')
  const results = runResults(bench, engine, read, [])
  lap('results')
  right(await writeResults(store.folder, results)())
  right(await markResults(store, name)())
  lap('write')
  return told(all.length, made, seconds)
}

const main = async (): Promise<void> => {
  const { values } = parseArgs({
    options: {
      cells: { type: 'string' },
      out: { type: 'string' },
      combinations: { type: 'string', default: '1' },
      seeds: { type: 'string', default: '1' },
    },
  })
  const [cells, combinations, seeds] = [
    Number(values.cells),
    Number(values.combinations),
    Number(values.seeds),
  ]
  const { out } = values
  if (
    ![cells, combinations, seeds].every((n) => Number.isInteger(n) && n >= 1) ||
    cells < 2 ||
    out === undefined
  )
    throw new Error('give --cells N (a whole number from 2) and --out DIR; --combinations and --seeds from 1')
  const shape = shapeOf(cells, { combinations, seeds })
  const result = await withStore(
    folderPlace(resolve(out)),
    (store) => async () => E.right(await ran(shape, store)),
  )()
  process.stdout.write(`${JSON.stringify(right(result), null, 2)}\n`)
}

main().catch((cause: unknown) => {
  process.stderr.write(`scale: ${cause instanceof Error ? cause.message : String(cause)}\n`)
  process.exitCode = 2
})
