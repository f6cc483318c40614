import * as TE from 'fp-ts/TaskEither'
import { failure, textExample } from '@safe/tensor-core/contracts'
import { type ContinualPlan, type Place, learnInTurn } from '../../src/continual/learn'
import { wilson } from '@safe/tensor-core/stats'
import { continualResults } from '../../src/continual/results'
import { type TaskTraining, strategies } from '../../src/continual/strategies'
import { defaults } from '../../src'

const rows = (name: string, n: number) => ({
  name,
  examples: Array.from({ length: n }, (_, i) => textExample(`${name}-${i}`, 'ask', 'answer')),
})
const plan: ContinualPlan = {
  tasks: [rows('a', 10), rows('b', 10), rows('c', 10)],
  safety: rows('safe', 3).examples,
  replayBuffer: 4,
  options: { ...defaults, kRef: 2 },
  strategies,
  seeds: [1, 2],
}

const learned = async (over: Partial<ContinualPlan> = {}) => {
  const seen: { at: Place; training: TaskTraining; from: string | undefined }[] = []
  const runs = await learnInTurn<string>(
    {
      train: (at, training, from) => {
        seen.push({ at, training, from })
        return TE.right(`${at.strategy}-${at.seed}-${at.task}`)
      },
      measure: (at) =>
        TE.right({ tasks: plan.tasks.slice(0, at.task + 1).map(() => [1, 0]), safety: [1, 1] }),
    },
    { ...plan, ...over },
  )()
  if (runs._tag === 'Left') throw new Error(runs.left.message)
  return { seen, runs: runs.right }
}

describe('tasks in turn', () => {
  it('each starts from the adapter before, of its own strategy and seed', async () => {
    const { seen } = await learned()
    expect(seen).toHaveLength(4 * 2 * 3)
    for (const { at, from } of seen)
      expect(from).toBe(at.task === 0 ? undefined : `${at.strategy}-${at.seed}-${at.task - 1}`)
  })

  it('the memory is the safety rows and the buffer: references, mixed in, or unused', async () => {
    const { seen } = await learned()
    const of = (strategy: string, task: number) =>
      seen.find(({ at }) => at.strategy === strategy && at.task === task)!.training
    const names = (examples: ReadonlyArray<{ id: string }>) =>
      examples.map(({ id }) => id.split('-')[0]).join(' ')
    expect(names(of('dualselect', 2).references.examples)).toBe('safe safe safe a a b b')
    expect(of('dualselect', 2).options).toBe(plan.options)
    expect(of('dualselect', 2).data).toBe(plan.tasks[2])
    expect(of('sequential', 2).options).toBeUndefined()
    expect(of('sequential', 2).data).toBe(plan.tasks[2])
    expect(of('agem', 2).options).toMatchObject({
      correction: 'agem',
      taskFilter: 'none',
      refresh: 1,
      kRef: 2,
    })
    expect(names(of('replay', 1).data.examples)).toBe(`${'b '.repeat(10)}safe safe safe a a a a`)
    expect(of('replay', 1).options).toBeUndefined()
  })

  it('without safety rows the first task is plain training for all', async () => {
    const { seen } = await learned({ safety: [] })
    for (const { training } of seen.filter(({ at }) => at.task === 0)) {
      expect(training.options).toBeUndefined()
      expect(training.data).toBe(plan.tasks[0])
    }
  })

  it('stops at the first failure', async () => {
    const state = { trained: 0 }
    const runs = await learnInTurn<string>(
      {
        train: () => {
          state.trained += 1
          return state.trained === 2 ? TE.left(failure('ModelFailed', 'broke')) : TE.right('x')
        },
        measure: () => TE.right({ tasks: [] }),
      },
      plan,
    )()
    expect(runs).toMatchObject({ left: { message: 'broke' } })
    expect(state.trained).toBe(2)
  })
})

describe('results', () => {
  const run = (
    strategy: 'dualselect' | 'sequential',
    seed: number,
    tables: number[][][],
    safety: number[],
  ) => ({
    strategy,
    seed,
    after: tables.map((tasks) => ({ tasks, safety })),
  })
  // 40 rows a task: all right, or three quarters.
  const all = new Array<number>(40).fill(1)
  const most = all.map((_, i) => Number(i % 4 !== 0))
  const none = new Array<number>(40).fill(0)
  const results = continualResults(
    [
      run('sequential', 1, [[all], [most, all]], most),
      run('sequential', 2, [[all], [none, all]], most),
      run('dualselect', 1, [[all], [all, all]], all),
      run('dualselect', 2, [[all], [all, all]], all),
    ],
    { tasks: [], safety: all },
    { seed: 42 },
  )
  const [sequential, dualselect] = results.strategies

  it('draw rows of one cluster together', () => {
    // Right and wrong by clusters of ten rows, then by rows.
    const clustered = all.map((_, i) => Number(i < 20))
    const of = (tasks: ReadonlyArray<ReadonlyArray<number>> | undefined, safety?: ReadonlyArray<number>) =>
      continualResults(
        [run('sequential', 1, [[clustered]], clustered)],
        { tasks: [], safety: all },
        { seed: 42, safety, ...(tasks === undefined ? {} : { tasks }) },
      )
    const clusters = all.map((_, i) => Math.floor(i / 10))
    const width = (e: { low: number; high: number } | undefined): number => (e?.high ?? 0) - (e?.low ?? 0)
    const [rows, both] = [of(undefined), of([clusters], clusters)]
    const measures = (r: typeof rows) => r.strategies[0]?.after[0]
    for (const name of ['averageAccuracy', 'safety'] as const) {
      expect(measures(both)?.[name]?.value).toBe(0.5)
      expect(width(measures(both)?.[name])).toBeGreaterThan(2 * width(measures(rows)?.[name]))
    }
    // Nothing to resample: the open end is that of 4 clusters, not of 40 answers.
    expect(both.start.safety?.low).toBeCloseTo(wilson(4, 4).low)
    expect(rows.start.safety?.low).toBeCloseTo(wilson(40, 40).low)
  })

  it('are means over seeds, with intervals that hold them', () => {
    expect(sequential?.accuracies).toEqual([[1], [0.375, 1]])
    const last = sequential?.after[1]
    expect(last?.averageAccuracy?.value).toBeCloseTo((0.375 + 1) / 2)
    expect(last?.forgetting?.value).toBeCloseTo(1 - 0.375)
    expect(last?.backwardTransfer?.value).toBeCloseTo(0.375 - 1)
    for (const e of Object.values(last ?? {})) {
      expect(e.low).toBeLessThan(e.value)
      expect(e.high).toBeGreaterThan(e.value)
    }
    // Two seeds that differ by three quarters: the interval covers either.
    expect(last?.forgetting?.low).toBeLessThan(0.3)
    expect(last?.forgetting?.high).toBe(1)
    expect(sequential?.after[0]?.forgetting).toBeUndefined()
  })

  it('a share of all rows has an open end, a difference is paired', () => {
    expect(dualselect?.after[1]?.safety).toMatchObject({ value: 1, high: 1, n: 80 })
    expect(dualselect?.after[1]?.safety?.low).toBeCloseTo(80 / (80 + 1.959964 ** 2), 6)
    expect(results.comparedWith).toBe('sequential')
    expect(sequential?.difference).toBeUndefined()
    expect(dualselect?.difference?.safety?.value).toBeCloseTo(0.25)
    expect(dualselect?.difference?.safety?.low).toBeGreaterThan(0)
    expect(dualselect?.difference?.forgetting?.value).toBeCloseTo(-0.625)
  })
})
