/** Several schedulers that share jobs through one store, without processes. */
import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { badInput, failure } from '@safe/tensor-core/contracts'
import { undefended } from '../../src/plan/factors'
import type { Job } from '../../src/plan/plan'
import { sharedJobs } from '../../src/work/fleet/sharedJobs'
import { type FailedJob, type JobResult, type Worker, schedule } from '../../src/work/schedule'
import { type Memory, emptyMemory, memoryStore } from '../fakes/memoryStore'

// a fleet ----------------------------------------------------------------------------------------

const job = (id: string, needs: ReadonlyArray<string> = []): Job => ({
  ...{ id, needs, cost: 1 },
  kind: id.startsWith('cell|') ? 'cell' : 'adapter',
  factors: { model: 'aligned', regime: 'r', ...undefended, seed: 1 },
})

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

interface Process {
  readonly name: string
  readonly slots: number
  /** After how many of its jobs it dies in the middle of the next; Infinity: never. */
  readonly dies: number
  /** After how many of its jobs it loses the lease of the next, and runs it all the same. */
  readonly loses: number
}

interface Ran {
  readonly failed: ReadonlyArray<FailedJob>
  readonly ran: ReadonlyArray<string>
}

/** One process of a fleet: its workers write cells into the memory. What a dead process held is free a moment later. */
const processOf = async (
  memory: Memory,
  jobs: ReadonlyArray<Job>,
  { name, slots, dies, loses }: Process,
  run: (job: Job) => JobResult = () => E.right(undefined),
): Promise<Ran> => {
  const state = { dead: false, count: 0 }
  const ran: string[] = []
  const store = memoryStore(memory, name, () => pause(Math.random() * 2))
  const freed = (): void =>
    memory.leases.forEach((holder, lease) => {
      if (holder === name) memory.leases.delete(lease)
    })
  const worker: Worker = {
    run: async (one) => {
      state.count += 1
      if (state.count > dies) {
        state.dead = true
        setTimeout(freed, 5)
        return E.right(undefined)
      }
      ran.push(one.id)
      if (state.count > loses) freed()
      await pause(Math.random() * 4)
      const result = run(one)
      if (result._tag === 'Right' && one.kind === 'cell' && !memory.cells.has(one.id.slice(5)))
        memory.cells.set(one.id.slice(5), `result of ${one.id}`)
      return result
    },
    again: async () => E.right(worker),
  }
  const failed = await schedule(
    jobs,
    Array.from({ length: slots }, () => worker),
    {
      onDone: () => undefined,
      onRetry: () => undefined,
      stopped: () => state.dead,
      claims: sharedJobs(
        { store, by: name, warn: () => undefined, listMs: 3, aside: { firstMs: 2, longestMs: 8 } },
        jobs,
      ),
    },
  )
  return { failed, ran }
}

const alive = (name: string, slots = 2): Process => ({ name, slots, dies: Infinity, loses: Infinity })

/** Fine-tunes with cells, some with a step between. */
const plans = fc
  .array(fc.array(fc.boolean(), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 })
  .map((roads) =>
    roads.flatMap((cells, road) => [
      job(`tune${road}`),
      ...cells.flatMap((isCorrected, i) =>
        isCorrected
          ? [job(`weights${road}.${i}`, [`tune${road}`]), job(`cell|${road}.${i}`, [`weights${road}.${i}`])]
          : [job(`cell|${road}.${i}`, [`tune${road}`])],
      ),
    ]),
  )

const cellsIn = (jobs: ReadonlyArray<Job>): ReadonlyArray<string> =>
  jobs.filter(({ kind }) => kind === 'cell').map(({ id }) => id.slice(5))

// tests ------------------------------------------------------------------------------------------

describe('schedulers that share jobs', () => {
  const others = fc.array(
    fc.record({
      slots: fc.integer({ min: 1, max: 3 }),
      dies: fc.constantFrom(0, 1, 3, Infinity),
      loses: fc.constantFrom(1, 4, Infinity),
    }),
    { maxLength: 3 },
  )

  it('finish every cell, whoever dies or loses a lease, and end', async () => {
    await fc.assert(
      fc.asyncProperty(plans, others, async (jobs, more) => {
        const memory = emptyMemory()
        const all = await Promise.all([
          processOf(memory, jobs, alive('steady', 1)),
          ...more.map((one, i) => processOf(memory, jobs, { name: `other${i}`, ...one })),
        ])
        expect([...memory.cells.keys()].sort()).toEqual([...cellsIn(jobs)].sort())
        for (const [id, text] of memory.cells) expect(text).toBe(`result of cell|${id}`)
        expect(all[0].failed).toEqual([])
        expect([...memory.documents.keys()]).toEqual([])
      }),
      { numRuns: 25 },
    )
  })

  it('run no job twice while all live and keep their leases', async () => {
    const jobs = [job('tune'), ...Array.from({ length: 12 }, (_, i) => job(`cell|${i}`, ['tune']))]
    const memory = emptyMemory()
    const all = await Promise.all(['a', 'b', 'c'].map((name) => processOf(memory, jobs, alive(name, 1))))
    const cells = all.flatMap(({ ran }) => ran.filter((id) => id.startsWith('cell|')))
    expect([...cells].sort()).toEqual(
      cellsIn(jobs)
        .map((id) => `cell|${id}`)
        .sort(),
    )
    expect([...memory.leases]).toEqual([])
    // The work is shared.
    expect(all.every(({ ran }) => ran.length > 1)).toBe(true)
  })

  it('leave out steps whose cells are all finished', async () => {
    const jobs = [job('tune'), job('cell|a', ['tune'])]
    const memory = emptyMemory()
    memory.cells.set('a', 'there')
    const { ran, failed } = await processOf(memory, jobs, alive('late'))
    expect([ran, failed]).toEqual([[], []])
  })

  it('try a job that fails at most twice in all, and tell of its cells', async () => {
    const jobs = [job('tune'), job('cell|a', ['tune']), job('cell|b', ['tune']), job('cell|c')]
    const memory = emptyMemory()
    const fails = ({ id }: Job): JobResult =>
      id === 'tune' ? E.left(failure('Broken', 'it broke')) : E.right(undefined)
    const all = await Promise.all(
      ['a', 'b', 'c'].map((name) => processOf(memory, jobs, alive(name, 1), fails)),
    )
    expect(all.flatMap(({ ran }) => ran.filter((id) => id === 'tune'))).toHaveLength(2)
    for (const { failed } of all)
      expect(failed.map((f) => [f.job.id, f.fault.message]).sort()).toEqual(
        ['cell|a', 'cell|b', 'tune'].map((id) => [id, 'it broke']),
      )
    expect([...memory.cells.keys()]).toEqual(['c'])
    expect(JSON.parse(memory.documents.get('failed/a.json') ?? '{}')).toMatchObject({
      ...{ cell: 'a', message: 'it broke', job: 'tune', attempts: 2 },
    })
  })

  it('try again once what failed once, and then forget it; bad input fails at once', async () => {
    const jobs = [job('cell|a'), job('cell|b')]
    const memory = emptyMemory()
    const tries = { a: 0, b: 0 }
    const { failed } = await processOf(memory, jobs, alive('one', 1), ({ id }) => {
      if (id === 'cell|b') return (tries.b++, E.left(badInput('BadConfig', 'is wrong')))
      return tries.a++ === 0 ? E.left(failure('Broken', 'for a moment')) : E.right(undefined)
    })
    expect(tries).toEqual({ a: 2, b: 1 })
    expect(failed.map((f) => f.job.id)).toEqual(['cell|b'])
    expect([...memory.documents.keys()].filter((name) => !name.includes('job-'))).toEqual(['failed/b.json'])
  })
})
