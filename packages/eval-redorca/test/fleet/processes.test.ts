/** Processes of a fleet on one folder, on the ports without tensors: some are killed or stopped, and the results are a bench's. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/Either'
import { silentTerminal } from '@safe/tensor-core/cli'
import { decodeConfig } from '../../src/config/configCodec'
import { run } from '../../src/work/run'
import { ports } from '../fakes/ports'

// processes --------------------------------------------------------------------------------------

const { execArgv } = process
const method = (name: string): unknown => ({ use: 'fake-methods', name })
const given = {
  ...{ regimes: ['poison:0.05'], seeds: [1], workers: 1, sweep: { fade: [1, 0.5] } },
  stages: { data: [], training: [], weights: [method('fade')], decoding: [method('guard')] },
}
const folder = (): string => mkdtempSync(join(tmpdir(), 'redorca-fleet-'))
const started: ChildProcess[] = []

interface Member {
  readonly process: ChildProcess
  readonly ended: Promise<{ readonly code: number | null; readonly said: string }>
}

/** A process group of its own, so that its worker processes are stopped with it. */
const member = (out: string, config: string, log: string, part: string, slow = false): Member => {
  const process_ = spawn(
    process.execPath,
    [...execArgv, require.resolve('../fakes/fleetMember.ts'), out, config, ...(part === '' ? [] : [part])],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
      env: {
        ...process.env,
        FAKE_LOG: log,
        FAKE_SUITE: JSON.stringify({ validation: true }),
        FAKE_SLEEP: slow ? '60000' : '20',
        REDORCA_LEASE_SECONDS: '1.5',
      },
    },
  )
  started.push(process_)
  const state = { said: '' }
  process_.stdout.setEncoding('utf8').on('data', (text: string) => (state.said += text))
  return {
    process: process_,
    ended: new Promise((done) => process_.on('close', (code) => done({ code, said: state.said }))),
  }
}

const signalled = ({ process: { pid = 0 } }: Member, signal: NodeJS.Signals): void => {
  process.kill(-pid, signal)
}
afterAll(() =>
  started.forEach(({ pid = 0 }) => {
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }),
)

const until = async (holds: () => boolean): Promise<void> => {
  for (let i = 0; i < 600 && !holds(); i += 1) await new Promise((done) => setTimeout(done, 50))
  expect(holds()).toBe(true)
}

// results ----------------------------------------------------------------------------------------

/** `results.json` without what is different each time: times, and what they measure. */
const resultsIn = (out: string): unknown =>
  JSON.parse(readFileSync(join(out, 'results.json'), 'utf8'), (key, value: unknown) =>
    ['finished', 'seconds', 'wallSeconds', 'peakBytes', 'cost', 'shared'].includes(key) ? undefined : value,
  )
const samplesIn = (out: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(join(out, 'cells')).map((id) => [
      id,
      readFileSync(join(out, 'cells', id, 'samples.jsonl'), 'utf8'),
    ]),
  )

describe('a fleet of processes', () => {
  it('finishes what killed and stopped ones held, as a bench would, and trains nothing twice', async () => {
    const [out, alone, scratch] = [folder(), folder(), folder()]
    const [config, log] = [join(scratch, 'config.json'), join(scratch, 'log')]
    writeFileSync(config, JSON.stringify(given))
    const logged = (name: string): string => (existsSync(name) ? readFileSync(name, 'utf8') : '')

    // Two that never end their first fine-tune: the one that began it dies, the other takes it over and is stopped.
    const [one, two] = (['one', 'two'] as const).map((name) => ({
      ...member(out, config, join(scratch, name), '', true),
      trains: () => logged(join(scratch, name)).includes('train'),
    }))
    if (one === undefined || two === undefined) throw new Error('there are two')
    await until(() => one.trains() || two.trains())
    const [dying, stuck] = one.trains() ? [one, two] : [two, one]
    signalled(dying, 'SIGKILL')
    await until(stuck.trains)
    signalled(stuck, 'SIGSTOP')

    const both = [member(out, config, log, '1/2'), member(out, config, log, '0/2')]
    const ends = await Promise.all(both.map(({ ended }) => ended))
    expect(ends.map(({ code }) => code)).toEqual([0, 0])
    const said: unknown = JSON.parse(ends[0]?.said ?? '')
    expect(said).toMatchObject({ right: { cells: 8, finished: 8, failed: [], missing: 0 } })
    expect(logged(log).match(/^train/gm)).toHaveLength(1)

    process.env['FAKE_SUITE'] = JSON.stringify({ validation: true })
    const decoded = decodeConfig(given, 'test')
    if (E.isLeft(decoded)) throw new Error(decoded.left.message)
    const bench = await run({
      ...{ ports, portsModule: require.resolve('../fakes/ports.ts'), config: decoded.right, out: alone },
      ...{ terminal: silentTerminal, signal: new AbortController().signal, execArgv },
    })()
    delete process.env['FAKE_SUITE']
    expect(E.isRight(bench)).toBe(true)
    expect(resultsIn(out)).toEqual(resultsIn(alone))
    expect(samplesIn(out)).toEqual(samplesIn(alone))
  }, 120_000)
})
