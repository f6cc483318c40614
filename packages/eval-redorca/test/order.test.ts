import * as fc from 'fast-check'
import { type Factors, undefended, untouched } from '../src/plan/factors'
import { type Job, jobsOf } from '../src/plan/plan'
import { criticalPaths, shortestPaths } from '../src/work/order'
import { type NextJob, queued } from './fakes/queued'

// a run without processes ------------------------------------------------------------------------

interface Ended {
  readonly job: Job
  readonly at: number
}

/** Runs jobs that take exactly their cost. @returns them as they end */
const ended = (jobs: ReadonlyArray<Job>, workers: number, next: NextJob): ReadonlyArray<Ended> => {
  const [open, undone] = [new Set(jobs), new Set(jobs.map(({ id }) => id))]
  const done: Ended[] = []
  const state: { now: number; running: ReadonlyArray<Ended> } = { now: 0, running: [] }
  const canStart = ({ needs }: Job): boolean => needs.every((need) => !undone.has(need))
  while (undone.size > 0) {
    while (state.running.length < workers) {
      const job = next(open, canStart)
      // No worker waits while a job can start.
      expect(job === undefined).toBe(![...open].some(canStart))
      if (job === undefined) break
      open.delete(job)
      state.running = [...state.running, { job, at: state.now + job.cost }]
    }
    const [first, ...others] = [...state.running].sort((a, b) => a.at - b.at)
    if (first === undefined) throw new Error('some job can never start')
    undone.delete(first.job.id)
    done.push(first)
    Object.assign(state, { now: first.at, running: others })
  }
  return done
}
const run = (jobs: ReadonlyArray<Job>, workers: number): ReadonlyArray<Ended> =>
  ended(jobs, workers, queued(jobs, workers))
const names = (list: ReadonlyArray<Ended>): ReadonlyArray<string> => list.map(({ job }) => job.id)

/** The order of earlier versions: the longest critical path first, seed by seed. */
const longestFirst = (jobs: ReadonlyArray<Job>): NextJob => {
  const paths = criticalPaths(jobs)
  return (open, canStart) =>
    [...open]
      .filter(canStart)
      .sort((a, b) => a.factors.seed - b.factors.seed || (paths.get(b.id) ?? 0) - (paths.get(a.id) ?? 0))[0]
}

// plans ------------------------------------------------------------------------------------------

const factors = (more: Partial<Factors> = {}): Factors => ({
  ...{ model: 'aligned', regime: 'r', ...undefended, seed: 1 },
  ...more,
})
const job = (id: string, needs: ReadonlyArray<string> = [], cost = 1): Job => ({
  ...{ id, kind: 'data', factors: factors(), needs, cost },
})

const cost = fc.integer({ min: 1, max: 60 })
/** Plans of references, undefended cells and methods at the four stages, under one seed or two; costs by kind and method. */
const plans = fc
  .record({
    seeds: fc.constantFrom([1], [1, 2]),
    settings: fc.uniqueArray(
      fc.record(
        {
          data: fc.constantFrom('none', 'd1', 'd2'),
          training: fc.constantFrom('none', 't1', 't2'),
          weights: fc.constantFrom('none', 'w1', 'w2', 'w3'),
          decoding: fc.constantFrom('none', 'c1'),
        },
        { requiredKeys: ['data', 'training', 'weights', 'decoding'] },
      ),
      { minLength: 1, maxLength: 16, selector: (setting) => JSON.stringify(setting) },
    ),
    costs: fc.array(cost, { minLength: 12, maxLength: 12 }),
  })
  .map(({ seeds, settings, costs }) => {
    const all = [
      ...(['base', 'aligned'] as const).map((model) => factors({ model, regime: untouched })),
      ...seeds.flatMap((seed) =>
        // The undefended cell stands last: its place in the plan must not matter.
        [...settings.filter((s) => Object.values(s).some((name) => name !== 'none')), undefended].map((s) =>
          factors({ ...s, seed }),
        ),
      ),
    ]
    const cells = all.map((f, i) => ({ id: String(i), factors: f, control: false, published: true, key: {} }))
    const costOf = ({ kind, factors: f }: Pick<Job, 'kind' | 'factors'>): number => {
      const method = { rows: '', data: f.data, adapter: f.training, weights: f.weights, cell: f.decoding }[
        kind
      ]
      return (
        costs[
          ['cell', 'adapter', 'weights', 'data'].indexOf(kind) * 3 + (Number(/\d/.exec(method)?.[0] ?? 0) % 3)
        ] ?? 1
      )
    }
    return jobsOf(cells, () => false).map((planned): Job => ({ ...planned, cost: costOf(planned) }))
  })

// tests ------------------------------------------------------------------------------------------

describe('paths', () => {
  const cell = (id: string, needs: ReadonlyArray<string>, of: number): Job => ({
    ...job(id, needs, of),
    kind: 'cell',
  })
  const jobs = [job('a', [], 2), cell('near', ['a'], 3), job('b', ['a'], 4), cell('far', ['b'], 5)]

  it('lead to the last job that waits, and to the next finished cell', () => {
    expect([...criticalPaths(jobs)].sort()).toEqual([
      ['a', 11],
      ['b', 9],
      ['far', 5],
      ['near', 3],
    ])
    expect([...shortestPaths(jobs)].sort()).toEqual([
      ['a', 5],
      ['b', 9],
      ['far', 5],
      ['near', 3],
    ])
  })
})

describe('the order of jobs', () => {
  it('takes the chain that ends soonest first, and with several workers the longest before it is too late', () => {
    const jobs = [job('a', [], 2), job('b', ['a'], 5), job('short', [], 3), job('shorter', [], 1)]
    expect(names(run(jobs, 1))).toEqual(['shorter', 'short', 'a', 'b'])
    // The chain of a takes 7, which is as long as the run must take: it is begun at once.
    expect(run(jobs, 2).at(-1)).toMatchObject({ job: { id: 'b' }, at: 7 })
  })

  it('finishes one seed before it starts the next, where possible', () => {
    const of = (j: Job, seed: number): Job => ({ ...j, factors: { ...j.factors, seed } })
    const jobs = [
      of(job('a1', [], 9), 1),
      of(job('b1', ['a1'], 9), 1),
      of(job('a2'), 2),
      of(job('b2', ['a2']), 2),
    ]
    expect(names(run(jobs, 1))).toEqual(['a1', 'b1', 'a2', 'b2'])
  })

  it('runs each job once, after the jobs it needs, and no worker waits while one can start', () => {
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 6 }), (jobs, workers) => {
        const order = names(run(jobs, workers))
        expect([...order].sort()).toEqual(jobs.map(({ id }) => id).sort())
        for (const { id, needs } of jobs)
          for (const need of needs) expect(order.indexOf(need)).toBeLessThan(order.indexOf(id))
      }),
      { numRuns: 60 },
    )
  })

  it('on one worker finishes the references, then the undefended cell, before any other', () => {
    fc.assert(
      fc.property(plans, (jobs) => {
        const cells = run(jobs, 1).filter(({ job: { kind } }) => kind === 'cell')
        expect(
          cells
            .slice(0, 3)
            .map(({ job: { factors: f } }) => [f.regime, f.data, f.training, f.weights, f.decoding]),
        ).toEqual([untouched, untouched, 'r'].map((regime) => [regime, 'none', 'none', 'none', 'none']))
      }),
      { numRuns: 60 },
    )
  })

  it('ends at most two jobs later than the longest path first, and has cells earlier', () => {
    const late: number[] = []
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 6 }), (jobs, workers) => {
        const [ours, theirs] = [run(jobs, workers), ended(jobs, workers, longestFirst(jobs))]
        const [end, before] = [ours.at(-1)?.at ?? 0, theirs.at(-1)?.at ?? 0]
        expect(end).toBeLessThanOrEqual(before + 2 * Math.max(...jobs.map((j) => j.cost)))
        const mean = (list: ReadonlyArray<Ended>): number => {
          const cells = list.filter(({ job: { kind } }) => kind === 'cell')
          return cells.reduce((sum, { at }) => sum + at, 0) / cells.length
        }
        late.push(mean(ours) / mean(theirs))
      }),
      { numRuns: 100, seed: 1 },
    )
    expect(late.reduce((sum, x) => sum + x, 0) / late.length).toBeLessThan(0.9)
  })
})
