import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import { failure } from '@safe/tensor-core/contracts'
import { decodeConfig } from '../src/config/configCodec'
import { undefended } from '../src/plan/factors'
import type { Job } from '../src/plan/plan'
import { type JobResult, type Worker, schedule } from '../src/work/schedule'
import { processBytes, threadsPerWorker, workerCount } from '../src/work/workerCount'

const job = (id: string, needs: ReadonlyArray<string> = [], cost = 1): Job => ({
  id,
  kind: 'data',
  factors: { model: 'aligned', regime: 'r', ...undefended, seed: 1 },
  needs,
  cost,
})

const worker = (run: (job: Job) => Promise<JobResult> | JobResult): Worker => ({
  run: async (j) => run(j),
  again: async () => E.right(worker(run)),
})
const quiet = { onDone: () => undefined, onRetry: () => undefined, stopped: () => false }
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

describe('schedule', () => {
  it('runs each job once, after the jobs it needs, for any graph and any number of workers', async () => {
    const graph = fc
      .array(fc.array(fc.nat(30), { maxLength: 3 }), { minLength: 1, maxLength: 30 })
      .map((needs) => needs.map((n, i) => job(String(i), [...new Set(n.filter((x) => x < i).map(String))])))
    await fc.assert(
      fc.asyncProperty(graph, fc.integer({ min: 1, max: 4 }), async (jobs, count) => {
        const done: string[] = []
        const one = worker(async (j) => {
          expect(j.needs.every((need) => done.includes(need))).toBe(true)
          await pause(0)
          done.push(j.id)
          return E.right(undefined)
        })
        const failed = await schedule(
          jobs,
          Array.from({ length: count }, () => one),
          quiet,
        )
        expect(failed).toEqual([])
        expect([...done].sort()).toEqual(jobs.map((j) => j.id).sort())
      }),
      { numRuns: 30 },
    )
  })

  it('takes jobs in the order of their plan', async () => {
    const jobs = [job('long', [], 5), job('a'), job('b', ['a'], 3), job('c', ['b'])]
    const order: string[] = []
    await schedule(jobs, [worker((j) => (order.push(j.id), E.right(undefined)))], quiet)
    // Each takes as long as what waits for it: the chain of a and b ends soonest.
    expect(order).toEqual(['long', 'a', 'b', 'c'])
  })

  it('fails the dependants of a failed job, and no others', async () => {
    const fault = failure('Broken', 'it broke')
    const ran: string[] = []
    const failed = await schedule(
      [job('a'), job('b', ['a']), job('c', ['b']), job('d')],
      [worker((j) => (ran.push(j.id), j.id === 'a' ? E.left(fault) : E.right(undefined)))],
      quiet,
    )
    expect(failed.map((f) => f.job.id).sort()).toEqual(['a', 'b', 'c'])
    expect(failed.every((f) => f.fault === fault)).toBe(true)
    expect(ran.sort()).toEqual(['a', 'd'])
  })

  it('runs a job once more when its worker dies, then reports the last message of the worker', async () => {
    const tries = { once: 0, always: 0 }
    const retried: string[] = []
    const failed = await schedule(
      [job('once'), job('always'), job('fine')],
      [
        worker((j) => {
          if (j.id === 'once' && tries.once++ === 0) return { _tag: 'Crashed', reason: 'boom' }
          if (j.id === 'always') return (tries.always++, { _tag: 'Crashed', reason: 'out of memory' })
          return E.right(undefined)
        }),
      ],
      { ...quiet, onRetry: (j) => retried.push(j.id) },
    )
    expect(tries).toEqual({ once: 2, always: 2 })
    expect(retried).toEqual(['once', 'always'])
    expect(failed).toHaveLength(1)
    expect(failed[0]?.fault.message).toContain('out of memory')
  })

  it('gives the job of a worker that cannot be replaced to another, and goes on with fewer', async () => {
    const lost = failure('WorkerCrashed', 'no worker could be started')
    const [ran, retried, successors]: [string[], string[], unknown[]] = [[], [], []]
    const dying: Worker = {
      run: async () => ({ _tag: 'Crashed', reason: 'killed by SIGKILL' }),
      again: async () => E.left(lost),
    }
    // The last job is taken by the worker that dies, while the other one is at work.
    const living = worker(async (j) => {
      await pause(j.id === 'long' ? 20 : 0)
      ran.push(j.id)
      return E.right(undefined)
    })
    const failed = await schedule([job('long', [], 5), job('short')], [living, dying], {
      ...quiet,
      onRetry: (j, reason) => retried.push(`${j.id}: ${reason}`),
      onReplaced: (_, successor) => successors.push(successor),
    })
    expect(failed).toEqual([])
    expect([ran, retried, successors]).toEqual([['long', 'short'], ['short: killed by SIGKILL'], [undefined]])
  })

  it('fails a job that kills the workers it is given to, and keeps the rest going', async () => {
    const deadly = (): Worker => ({
      run: async (j) => (j.id === 'deadly' ? { _tag: 'Crashed', reason: 'killed' } : E.right(undefined)),
      again: async () => E.left(failure('WorkerCrashed', 'no worker could be started')),
    })
    const failed = await schedule(
      [job('deadly', [], 9), job('a'), job('b')],
      [deadly(), deadly(), deadly()],
      quiet,
    )
    expect(failed.map(({ job: { id }, fault }) => [id, fault.message])).toEqual([
      ['deadly', 'the worker process died twice (killed)'],
    ])
  })

  it('ends when no more workers can be started', async () => {
    const dying: Worker = {
      run: async () => ({ _tag: 'Crashed', reason: '' }),
      again: async () => E.left(failure('WorkerCrashed', 'cannot start')),
    }
    const failed = await schedule([job('a'), job('b')], [dying], quiet)
    expect(failed.map((f) => f.job.id).sort()).toEqual(['a', 'b'])
    expect(failed.map(({ fault }) => fault.message)).toEqual(['cannot start', 'cannot start'])
  })
})

describe('processBytes', () => {
  const weightBytes = (folder: string) => TE.right(folder === 'guard' ? 150e6 : 100e6)
  const models = { base: 'base', aligned: 'aligned', anchor: undefined }
  const config = decodeConfig({ suite: 'arena' }, 'test')
  const native = { engine: 'native', device: '', versions: {} }

  it('counts the models of judges, and with them decides how many workers there are', async () => {
    const bytes = async (judgeModels: ReadonlyArray<string>): Promise<number> => {
      const found = await processBytes({ weightBytes }, { models, judgeModels })()
      return E.isRight(found) ? found.right : Number.NaN
    }
    expect([await bytes([]), await bytes(['guard'])]).toEqual([100e6, 250e6])
    if (E.isLeft(config)) throw new Error(config.left.message)
    const { right } = config
    expect(workerCount(right, native, 64, 100e6)).toBe(Math.min(64, availableParallelism()))
    expect(workerCount(right, native, 64, await bytes(['guard']))).toBe(1)
    expect(threadsPerWorker(right, await bytes(['guard']))).toBe(availableParallelism())
  })
})
