import { type DualSelectOptions, defaults, referenceCount, scoreSelections } from '../src'
import { lossAndGradient } from './support/lowRank'
import { model, rows } from './support/world'

const task = { examples: rows(11, 10), numbers: [0, 1, 2, 3, 5, 6, 7, 8, 9, 10] }
const references = { examples: rows(12, 9), numbers: [0, 1, 2, 3, 4, 5, 6, 7, 8] }
const options: DualSelectOptions = { ...defaults, kRef: 3, kTask: 2 }
const run = { task, references, batchSize: 4, seed: 1, countTokens: () => 1 }

const score = async (o: DualSelectOptions = options, on = model()) => {
  const result = await scoreSelections(o, { oracle: on.oracle, ...run })()
  if (result._tag === 'Left') throw new Error(result.left.message)
  return result.right
}

describe('scoreSelections', () => {
  it('gives a row for every reference, then for every task row batch by batch, selected or not', async () => {
    const got = await score()
    expect(got.map((r) => [r.kind, r.batch, r.index])).toEqual([
      ...references.numbers.map((i) => ['reference', undefined, i]),
      ...task.numbers.map((i, k) => ['task', Math.floor(k / 4), i]),
    ])
    const chosen = (f: (r: (typeof got)[number]) => boolean): number =>
      got.filter((r) => f(r) && r.selected).length
    expect(chosen((r) => r.kind === 'reference')).toBe(3)
    expect([0, 1, 2].map((b) => chosen((r) => r.batch === b))).toEqual([2, 2, 2])
    for (const r of got) {
      expect(r.score).toBeCloseTo(r.loss - r.cosine, 12)
      expect(r.weight > 0).toBe(r.selected)
    }
    const kept = got.filter((r) => r.kind === 'reference' && r.selected).map((r) => r.score)
    const left = got.filter((r) => r.kind === 'reference' && !r.selected).map((r) => r.score)
    expect(Math.min(...kept)).toBeGreaterThan(Math.max(...left))
  })

  it('measures references against the mean gradient of the whole task file', async () => {
    const on = model()
    const frozenLoss = async (): Promise<ReadonlyArray<number>> => {
      const batch = await on.oracle.gradients(task.examples, { kind: 'deterministic' })()
      if (batch._tag === 'Left') throw new Error(batch.left.message)
      const direction = batch.right.weightedMean(new Float32Array(10).fill(1))
      const pool = await on.oracle.gradients(references.examples, { kind: 'deterministic' })()
      if (pool._tag === 'Left') throw new Error(pool.left.message)
      const cosines = Array.from(pool.right.cosines(direction))
      batch.right.dispose()
      pool.right.dispose()
      on.oracle.space.free(direction)
      return cosines
    }
    const expected = await frozenLoss()
    const got = (await score(options, on)).filter((r) => r.kind === 'reference')
    got.forEach((r, i) => expect(r.cosine).toBeCloseTo(expected[i]!, 6))
  })

  it.each([
    {},
    { mode: 'soft', normalise: 'zscore' },
    { referenceSet: 'uniform', taskFilter: 'random' },
    { referenceSet: 'fixed', taskFilter: 'none', tokenBudget: 0.5 },
  ] as const)('leaves nothing behind: %j', async (change) => {
    const on = model()
    const got = await score({ ...options, ...change }, on)
    expect(on.alive()).toBe(0)
    for (const b of [0, 1, 2])
      expect(got.filter((r) => r.batch === b).reduce((s, r) => s + r.weight, 0)).toBeCloseTo(1)
    const broken = model({ failAt: 4 })
    const failed = await scoreSelections(options, { oracle: broken.oracle, ...run })()
    expect(failed._tag).toBe('Left')
    expect(broken.alive()).toBe(0)
  })
})

describe('referenceCount', () => {
  it.each([
    [32, 10, 10],
    [3, 10, 3],
    ['10%', 70, 7],
    ['10%', 71, 8],
    ['10%', 3, 1],
    ['100%', 5, 5],
  ] as const)('%s of %d is %d', (k, pool, expected) => {
    expect(referenceCount(k, pool)).toBe(expected)
  })
})

describe('the model the tests reason with', () => {
  it('has the gradient of its loss', () => {
    const shape = { inputs: 2, classes: 3, rank: 1 }
    const frozen = [
      [0.1, -0.4],
      [0.7, 0.2],
      [-0.3, 0.5],
    ]
    const theta = [0.3, -0.2, 0.5, 0.1, -0.7]
    const row = {
      xs: [
        [1, 2],
        [-1, 0.5],
      ],
      ys: [2, 0],
    }
    const { gradient } = lossAndGradient(shape, frozen, theta, row)
    theta.forEach((_, i) => {
      const moved = (h: number): number =>
        lossAndGradient(
          shape,
          frozen,
          theta.map((x, j) => (j === i ? x + h : x)),
          row,
        ).loss
      expect((moved(1e-5) - moved(-1e-5)) / 2e-5).toBeCloseTo(gradient[i]!, 8)
    })
  })
})
