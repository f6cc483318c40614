/** A benchmark through a queue on a real Redis server, where one is installed; its results are those of a run without one. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import { pipe } from 'fp-ts/function'
import { Redis } from 'ioredis'
import { silentTerminal } from '@safe/tensor-core/cli'
import type { Fault } from '@safe/tensor-core/contracts'
import { decodeConfig } from '../../src/config/configCodec'
import { addressOf } from '../../src/cli/queueOption'
import { folderPlace, folderStore } from '../../src/store'
import { type Broker, openBroker, withBroker } from '../../src/work/queue/broker'
import {
  type Assigned,
  readEnd,
  removeJobs,
  ticketOf,
  writeAssigned,
  writeEnd,
} from '../../src/work/queue/queuedJob'
import { runQueueMember } from '../../src/work/queue/queueMember'
import { type QueueAddress, queueAddress } from '../../src/work/queue/queueUrl'
import { run } from '../../src/work/run'
import { ports } from '../fakes/ports'
import { cellOf } from '../fakes/resultsFolder'

// helpers ----------------------------------------------------------------------------------------

const right = <A>(result: E.Either<Fault, A>): A => {
  if (E.isLeft(result)) throw new Error(result.left.message)
  return result.right
}

const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-queue-'))

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

const method = (name: string): unknown => ({ use: 'fake-methods', name })
const given = {
  ...{ suite: 'arena', regimes: ['poison:0.05'], seeds: [1], workers: 1 },
  stages: { data: [], training: [], weights: [method('fade')], decoding: [method('guard')] },
}
const config = right(decodeConfig(given, 'test'))
const { execArgv } = process
const common = {
  ...{ ports, portsModule: require.resolve('../fakes/ports.ts'), config, execArgv },
  terminal: silentTerminal,
}

const samplesIn = (out: string): ReadonlyArray<readonly [string, string]> =>
  readdirSync(join(out, 'cells'))
    .sort()
    .map((id) => [id, readFileSync(join(out, 'cells', id, 'samples.jsonl'), 'utf8')])

/** Takes jobs until the signal is given. */
const member = (broker: Broker, signal: AbortSignal): Promise<E.Either<Fault, number>> =>
  runQueueMember({
    ...{ broker, workers: 1, threads: 1, execArgv, signal },
    placeOf: (store) => E.right(folderPlace(store)),
    portsModule: common.portsModule,
    terminal: silentTerminal,
  })()

const isInstalled = spawnSync('redis-server', ['--version']).status === 0
/** Counted as skipped where there is no server. */
const withServer = isInstalled ? describe : describe.skip

// tests ------------------------------------------------------------------------------------------

describe('the address of a queue', () => {
  it('has a host, a port and a database, and is named without its password', () => {
    expect(right(queueAddress('redis://me:p%40ss@box:7000/3'))).toEqual({
      ...{ name: 'redis://box:7000/3', host: 'box', port: 7000, database: 3 },
      ...{ username: 'me', password: 'p@ss', tls: false },
    })
    expect(right(queueAddress('rediss://box'))).toEqual({
      ...{ name: 'rediss://box:6379/0', host: 'box', port: 6379, database: 0, tls: true },
    })
  })

  it.each(['http://box', 'box:6379', 'redis://', 'redis://box/five', ''])('is refused: %j', (text) => {
    expect(queueAddress(text)).toMatchObject({ left: { kind: 'input', field: 'queue' } })
  })

  it('is taken from a variable, so that a password is in no list of processes', () => {
    expect(right(addressOf('env:Q', { Q: 'redis://:secret@box' }))).toMatchObject({ password: 'secret' })
    expect(addressOf('env:Q', {})).toMatchObject({ left: { _tag: 'BadOption' } })
  })

  it('that nobody answers at is told in one line', async () => {
    const address = right(queueAddress(`redis://:secret@127.0.0.1:${await freePort()}`))
    const result = await openBroker(address)()
    expect(result).toMatchObject({ left: { _tag: 'QueueFailed', kind: 'failure', where: address.name } })
    expect(JSON.stringify(result)).not.toContain('secret')
  })
})

describe('the documents of a job', () => {
  it('of one that asked and was killed are removed by the next, and a late end is not written', async () => {
    const store = folderStore(folder())
    const { factors } = cellOf('a', {}, [])
    const perModel = { base: null, aligned: '', anchor: null }
    const assigned: Assigned = {
      job: { kind: 'cell', id: 'cell|a', factors, needs: [], cost: 1 },
      engine: { engine: 'fake', device: 'none', versions: {} },
      hashes: {
        ...{ models: perModel, checkpoints: perModel, templates: perModel, adapters: {} },
        ...{ safe: null, references: null, harmful: null, evaluation: '' },
      },
    }
    const [own, other] = [
      ticketOf(store.name, '0123', assigned.job),
      ticketOf(store.name, '0124', assigned.job),
    ]
    for (const ticket of [own, other]) right(await writeAssigned(store, ticket, assigned)())
    right(await writeEnd(store, own, E.right(undefined))())
    expect(right(await readEnd(store, own)())).toEqual(E.right(undefined))
    right(await removeJobs(store, '0123')())
    right(await writeEnd(store, own, E.right(undefined))())
    expect(right(await store.documents.list('queue')())).toEqual([
      expect.stringMatching(/^0124-[0-9a-f]+\.json$/),
    ])
  })
})

withServer('a queue', () => {
  const state: { server?: ChildProcess; address: QueueAddress } = {
    address: right(queueAddress('redis://127.0.0.1')),
  }
  beforeAll(async () => {
    const port = await freePort()
    state.address = right(queueAddress(`redis://127.0.0.1:${port}`))
    state.server = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', folder()], {
      stdio: 'ignore',
    })
    for (let i = 0; i < 100 && E.isLeft(await withBroker(state.address, () => TE.right(1))()); i += 1)
      await after(50)
  })
  afterAll(() => state.server?.kill('SIGKILL'))

  it('runs a benchmark by others: the results are those of a run of its own, and the queue has ids only', async () => {
    const [alone, queued] = [folder(), folder()]
    right(await run({ ...common, out: alone, signal: new AbortController().signal })())
    const stop = new AbortController()
    const seen: string[] = []
    const looking = new Redis(state.address.port)
    const look = setInterval(() => {
      void looking
        .keys('*')
        .then((keys) =>
          Promise.all(
            keys.filter((key) => /:[0-9a-f]+-[0-9a-f]+$/.test(key)).map((key) => looking.hgetall(key)),
          ),
        )
        .then((found) => seen.push(...found.map((one) => JSON.stringify(one))))
        .catch(() => undefined)
    }, 20)
    const ran = await withBroker(state.address, (asking) =>
      withBroker(state.address, (working) => async () => {
        const worker = member(working, stop.signal)
        // The server forgets everything once the run goes on.
        const forget = after(1500).then(() => looking.flushall())
        const result = await run({
          ...{ ...common, out: queued, signal: new AbortController().signal },
          queue: { broker: asking, inFlight: 8, priority: 1 },
        })()
        await forget
        stop.abort()
        expect(await worker).toMatchObject({ left: { kind: 'interrupted' } })
        return result
      }),
    )()
    clearInterval(look)
    looking.disconnect()
    expect(right(ran).failed).toEqual([])
    expect(samplesIn(queued)).toEqual(samplesIn(alone))
    expect(seen.length).toBeGreaterThan(0)
    for (const value of seen) {
      expect(value.length).toBeLessThan(4096)
      expect(value).not.toMatch(/prompt|completion/)
    }
    expect(readdirSync(queued)).not.toContain('queue')
  })

  it('knows that its server is away, so that a worker that ends then gives nothing back and ends at once', async () => {
    const port = await freePort()
    const address = right(queueAddress(`redis://127.0.0.1:${port}`))
    const server = spawn('redis-server', ['--port', String(port), '--save', '', '--dir', folder()], {
      stdio: 'ignore',
    })
    const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
      for (let i = 0; i < 200 && !(await holds()); i += 1) await after(50)
      expect(await holds()).toBe(true)
    }
    await until(async () => E.isRight(await withBroker(address, () => TE.right(1))()))
    const broker = right(await openBroker(address)())
    await broker.connect().info('server')
    expect(broker.isAway()).toBe(false)
    server.kill('SIGKILL')
    await until(broker.isAway)
    await broker.close()
  })

  it('refuses a user that the server does not know, without repeating the password', async () => {
    const result = await pipe(
      TE.fromEither(queueAddress(`redis://nobody:hidden@127.0.0.1:${state.address.port}`)),
      TE.chain((address) => withBroker(address, () => TE.right(undefined))),
    )()
    expect(result).toMatchObject({ left: { _tag: 'QueueFailed', kind: 'input' } })
    expect(JSON.stringify(result)).not.toContain('hidden')
  })
})
