import { silentTerminal } from '@safe/tensor-core/cli'
import { type Factors, undefended } from '../src/plan/factors'
import { type Job, jobsOf } from '../src/plan/plan'
import { tracker } from '../src/work/progress'
import { type Measured, corrected, secondsLeft } from '../src/work/timeLeft'
import { queued } from './fakes/queued'

const factors = (more: Partial<Factors> = {}): Factors => ({
  ...{ model: 'aligned', regime: 'r', ...undefended, seed: 1 },
  ...more,
})
const job = (id: string, kind: Job['kind'], cost: number, more: Partial<Factors> = {}): Job => ({
  ...{ id, kind, cost, needs: [], factors: factors(more) },
})

describe('what jobs take', () => {
  it('is what was expected before any is finished', () => {
    expect(corrected([])(job('a', 'cell', 30))).toBe(30)
  })
  it('follows the method, then the kind, then all jobs', () => {
    const beams = { decoding: 'beams' }
    const measured: ReadonlyArray<Measured> = [
      { job: job('a', 'adapter', 100), seconds: 50 },
      { job: job('b', 'cell', 100), seconds: 100 },
      { job: job('c', 'cell', 100, beams), seconds: 300 },
    ]
    const seconds = corrected(measured)
    // All: 450 of 300. Cells: (2 x 2 + 1.5) / 3. Cells with beams: (3 + that) / 2.
    expect(seconds(job('d', 'weights', 100))).toBeCloseTo(150)
    expect(seconds(job('e', 'cell', 100, { decoding: 'guard' }))).toBeCloseTo(550 / 3)
    expect(seconds(job('f', 'cell', 100, beams))).toBeCloseTo((300 + 550 / 3) / 2)
  })
  it('is not learned from training that was found in the store', () => {
    const seconds = corrected([
      { job: job('a', 'adapter', 100), seconds: 0.1 },
      { job: job('b', 'cell', 10), seconds: 20 },
    ])
    expect(seconds(job('c', 'adapter', 100))).toBeCloseTo(200)
  })
  it('is that of its like where nothing was expected of it', () => {
    const seconds = corrected([{ job: job('a', 'data', 0, { data: 'sieve' }), seconds: 7 }])
    expect(seconds(job('b', 'data', 0, { data: 'sieve' }))).toBe(7)
    expect(seconds(job('c', 'data', 0))).toBe(0)
  })
})

describe('the time left', () => {
  it('is shared among workers, but no shorter than the longest chain, round by round', () => {
    const [a, b, c] = [job('a', 'adapter', 10), job('b', 'cell', 10), job('c', 'cell', 30)]
    expect(secondsLeft([{ waiting: [a, b, c], started: [] }], [], 1)).toBe(50)
    expect(secondsLeft([{ waiting: [a, b, c], started: [] }], [], 2)).toBe(30)
    expect(
      secondsLeft(
        [{ waiting: [{ ...c, needs: ['b'] }, a], started: [{ job: b, share: 0.5, seconds: 1 }] }],
        [],
        2,
      ),
    ).toBe(35)
    expect(
      secondsLeft(
        [
          { waiting: [a], started: [] },
          { waiting: [b], started: [] },
        ],
        [],
        2,
      ),
    ).toBe(20)
  })

  it('of a started job shrinks with the time it has run, and does not end before it', () => {
    const started = (seconds: number, share = 0): number =>
      secondsLeft([{ waiting: [], started: [{ job: job('a', 'cell', 100), share, seconds }] }], [], 1)
    expect([started(0), started(40), started(500), started(1, 0.9)]).toEqual([100, 60, 5, expect.closeTo(10)])
  })

  it.each([1, 2])(
    'is right after three jobs where four times as much was expected, on %i workers',
    (workers) => {
      const settings: ReadonlyArray<Partial<Factors>> = [
        {},
        ...['w1', 'w2', 'w3'].map((weights) => ({ weights })),
        ...['c1', 'c2'].map((decoding) => ({ decoding })),
        ...['t1', 't2'].map((training) => ({ training })),
        { data: 'd1' },
        { data: 'd1', training: 't1', decoding: 'c1' },
      ]
      const cells = settings.map((more, i) => ({
        ...{ id: String(i), factors: factors(more), control: false, published: true, key: {} },
      }))
      const costs = { rows: 0, adapter: 800, data: 400, weights: 20, cell: 240 } as const
      const jobs = jobsOf(cells, () => false).map((planned): Job => ({
        ...planned,
        cost: costs[planned.kind],
      }))
      // Fine-tunes take a little more than a quarter, cells a little less, and each a little as it likes.
      const real = ({ kind, cost, id }: Job): number =>
        (cost / 4) *
        { rows: 1, adapter: 1.15, data: 1, weights: 0.6, cell: 0.9 }[kind] *
        (1 + 0.08 * Math.sin(id.length))

      const clock = { now: 0 }
      const track = tracker(silentTerminal, () => clock.now * 1000)
      track.round(jobs, [], workers)
      const next = queued(jobs, workers)
      const [open, undone] = [new Set(jobs), new Set(jobs.map(({ id }) => id))]
      const told: { readonly at: number; readonly left: number }[] = []
      const state: { running: ReadonlyArray<{ readonly job: Job; readonly end: number }> } = { running: [] }
      while (undone.size > 0) {
        const one =
          state.running.length < workers
            ? next(open, ({ needs }) => needs.every((n) => !undone.has(n)))
            : undefined
        if (one !== undefined) {
          open.delete(one)
          track.started(one)
          state.running = [...state.running, { job: one, end: clock.now + real(one) }]
          continue
        }
        const [first, ...others] = [...state.running].sort((a, b) => a.end - b.end)
        if (first === undefined) throw new Error('some job can never start')
        clock.now = first.end
        undone.delete(first.job.id)
        track.done(first.job, real(first.job))
        told.push({ at: clock.now, left: track.secondsLeft() })
        state.running = others
      }
      const wrong = told.map(({ at, left }) => Math.abs(left / Math.max(1e-9, clock.now - at) - 1))
      expect(jobs.reduce((sum, j) => sum + j.cost, 0) / workers).toBeGreaterThan(3 * clock.now)
      expect(Math.max(...wrong.slice(2, -3))).toBeLessThan(0.25)
      expect(told.at(-1)?.left).toBe(0)
    },
  )
})
