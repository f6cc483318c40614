/** Worker processes that die: while they start, while nothing is asked of them, while they are timed. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { silentTerminal } from '@safe/tensor-core/cli'
import { type Fault, badInput, failure } from '@safe/tensor-core/contracts'
import { configDocument } from '../src/config/config'
import { decodeConfig } from '../src/config/configCodec'
import { undefended } from '../src/plan/factors'
import { type PoolSettings, poolOf } from '../src/work/pool'
import { run } from '../src/work/run'
import type { Crashed } from '../src/work/schedule'
import { persistently } from '../src/work/starting'
import { folderPlace } from '../src/store'
import { type WorkerProcess, startWorker } from '../src/work/workerProcess'
import { ports } from './fakes/ports'

const killed: Crashed = { _tag: 'Crashed', reason: 'killed by SIGKILL' }
const absent = badInput('EngineUnavailable', 'the cuda engine is not there')
const never = (): AbortSignal => new AbortController().signal

describe('persistently', () => {
  /** Starts that end so, one after the other; the last one for ever. */
  const starting = (...ends: ReadonlyArray<E.Either<Fault, string> | Crashed>) => {
    const state = { starts: 0 }
    const start = (): Promise<E.Either<Fault, string> | Crashed> =>
      Promise.resolve(ends[Math.min(state.starts++, ends.length - 1)] ?? killed)
    return { start, starts: () => state.starts }
  }
  const noting = (): { readonly reasons: string[]; readonly onRetry: (reason: string) => void } => {
    const reasons: string[] = []
    return { reasons, onRetry: (reason) => void reasons.push(reason) }
  }

  it('starts another process where one dies, and tells each time', async () => {
    const [{ start, starts }, { reasons, onRetry }] = [starting(killed, killed, E.right('up')), noting()]
    expect(await persistently(start, { onRetry, signal: never(), pauses: [1, 2, 4] })).toEqual(E.right('up'))
    expect([starts(), reasons]).toEqual([3, ['killed by SIGKILL', 'killed by SIGKILL']])
  })
  it('takes an answer as final, even if it is a failure', async () => {
    const { start, starts } = starting(E.left(absent), E.right('up'))
    const result = await persistently(start, { ...noting(), signal: never(), pauses: [1] })
    expect([result, starts()]).toEqual([E.left(absent), 1])
  })
  it('says how to go on where every process dies', async () => {
    const [{ start, starts }, { reasons, onRetry }] = [starting(killed), noting()]
    expect(await persistently(start, { onRetry, signal: never(), pauses: [1, 1] })).toMatchObject({
      left: {
        kind: 'failure',
        message: 'no worker could be started: 3 died while they started (killed by SIGKILL)',
        remedy: 'free memory or use fewer `workers`, then run the same command again; finished work is kept',
      },
    })
    expect([starts(), reasons.length]).toEqual([3, 2])
  })
  it('is interrupted, with no warning, where the run is stopped meanwhile', async () => {
    const abort = new AbortController()
    const { start, starts } = starting(killed)
    const { reasons, onRetry } = noting()
    const result = await persistently(
      () => {
        setTimeout(() => abort.abort(), 1)
        return start()
      },
      { onRetry, signal: abort.signal, pauses: [60_000] },
    )
    expect(result).toMatchObject({ left: { kind: 'interrupted' } })
    expect(await persistently(start, { onRetry, signal: abort.signal })).toMatchObject({
      left: { kind: 'interrupted' },
    })
    expect([starts(), reasons]).toEqual([1, []])
  })
})

describe('a pool', () => {
  const engine = { engine: 'fake', device: '', versions: {} }
  const idle: WorkerProcess = {
    engine,
    run: () => Promise.resolve(E.right(undefined)),
    rates: () => Promise.resolve(E.right([])),
    again: () => Promise.resolve(E.right(idle)),
    close: () => undefined,
  }
  const dead = failure('WorkerCrashed', 'no worker could be started')
  const pool = (first: WorkerProcess, start: PoolSettings['start']) => {
    const warned: string[] = []
    return {
      warned,
      pool: poolOf(first, { start, signal: never(), warn: (line) => void warned.push(line) }),
    }
  }

  it('goes on with fewer workers where some cannot be started, and ends where none can', async () => {
    const few = pool(idle, (number) => Promise.resolve(number === 2 ? E.right({ ...idle }) : E.left(dead)))
    expect(await few.pool.grow(4)).toEqual(E.right(undefined))
    expect(few.pool.workers()).toHaveLength(2)
    expect(few.warned).toEqual(['going on with 2 of 4 workers: no worker could be started'])

    const none = pool(idle, () => Promise.resolve(E.left(dead)))
    none.pool.replace(idle, undefined)
    expect(await none.pool.grow(2)).toEqual(E.left(dead))
  })
  it('times the run once more where the first worker dies of it', async () => {
    const dying = (again: WorkerProcess['again']): WorkerProcess => ({
      ...{ ...idle, again },
      rates: () => Promise.resolve(killed),
    })
    const start: PoolSettings['start'] = () => Promise.resolve(E.right(idle))
    const once = pool(
      dying(() => Promise.resolve(E.right(idle))),
      start,
    )
    expect(await once.pool.rates()).toEqual(E.right([]))
    expect(once.pool.workers()).toEqual([idle])
    expect(once.warned).toEqual([
      'a worker died while the run was timed (killed by SIGKILL); it is timed once more',
    ])
    const always = pool(
      dying(() => Promise.resolve(E.right(dying(() => Promise.resolve(E.left(dead)))))),
      start,
    )
    expect(await always.pool.rates()).toMatchObject({
      left: { kind: 'failure', remedy: expect.stringContaining('run the same command again') as unknown },
    })
  })
})

describe('worker processes', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-workers-'))
  const dying = join(__dirname, 'fakes', 'dying.cjs')
  const execArgv = ['--require', dying, ...process.execArgv]
  const config = E.getOrElseW((fault: Fault) => {
    throw new Error(fault.message)
  })(
    decodeConfig(
      {
        ...{ regimes: ['poison:0.05'], seeds: [1], workers: 1 },
        stages: { data: [], training: [], weights: [], decoding: [] },
      },
      'test',
    ),
  )
  const nothing = { base: null, aligned: '', anchor: null }
  const hashes = {
    ...{ models: nothing, checkpoints: nothing, templates: nothing, adapters: {} },
    ...{ safe: null, references: null, harmful: null, evaluation: '' },
  }
  const portsModule = require.resolve('./fakes/ports.ts')
  const starts = { path: '' }
  beforeEach(() => {
    starts.path = join(folder(), 'starts')
    writeFileSync(starts.path, '')
    process.env['FAKE_STARTS'] = starts.path
  })
  afterEach(() => {
    delete process.env['FAKE_STARTS']
    delete process.env['FAKE_DEATHS']
  })
  const started = (): number => readFileSync(starts.path, 'utf8').trim().split('\n').length

  it('are started again where the first one is killed, and the run goes on', async () => {
    process.env['FAKE_DEATHS'] = '0'
    const warned: string[] = []
    const result = await run({
      ...{ ports, portsModule, config, out: folder(), execArgv, signal: never() },
      terminal: { ...silentTerminal, warn: (line) => void warned.push(line) },
    })()
    expect(result).toMatchObject({ right: { failed: [] } })
    expect(E.isRight(result) && result.right.results.cells).toHaveLength(3)
    expect(warned).toContain('a worker died while it started (killed by SIGKILL); starting another')
    expect(started()).toBe(2)
  })

  it('that died while nothing was asked of them are found dead at the next job', async () => {
    const children = new Set<ChildProcess>()
    const worker = await startWorker(
      0,
      {
        ...{
          config: configDocument(config),
          store: folderPlace(folder()),
          ports: portsModule,
          engine: 'auto',
        },
        ...{ threads: 1, execArgv, children, onProgress: () => undefined },
        starting: { onRetry: () => undefined, signal: never() },
      },
      () => ({ hashes, engine: { engine: 'fake', device: '', versions: {} }, cell: () => undefined }),
    )
    if (E.isLeft(worker)) throw new Error(worker.left.message)
    const [child] = children
    if (child === undefined) throw new Error('there is no process')
    const exit = once(child, 'exit')
    child.kill('SIGKILL')
    await exit
    const factors = { model: 'aligned' as const, regime: 'r', ...undefended, seed: 1 }
    expect(await worker.right.run({ id: 'a', kind: 'data', factors, needs: [], cost: 1 })).toEqual(killed)
    expect(await worker.right.rates()).toEqual(killed)
  })
})
