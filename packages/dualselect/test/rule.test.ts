import { type RuleNote, plainRule } from '@safe/tensor-core/contracts'
import {
  type DualSelectOptions,
  type DualSelectResources,
  type SelectionRow,
  defaults,
  dualSelect,
} from '../src'
import type { LowRank } from './support/lowRank'
import { type Plan, type Trained, train } from './support/loop'
import { dataset, defended, model, rows } from './support/world'

const task = rows(11, 20)
const references = dataset('references', rows(12, 30))
const plan: Plan = { batchSize: 6, epochs: 3, lr: 0.02, clip: 1 }
const small: DualSelectOptions = { ...defaults, warmupSteps: 2, kRef: 5, kTask: 3 }

const run = async (
  options: DualSelectOptions,
  on: LowRank = model(),
  how: Plan = plan,
  around: Partial<DualSelectResources> = {},
): Promise<Trained> =>
  train(on, await defended(dualSelect(options, { references, ...around }), on), task, how)

const selections = (notes: ReadonlyArray<RuleNote>, kind: string): SelectionRow[] =>
  notes.filter((n) => n['kind'] === kind) as unknown as SelectionRow[]

describe('identities', () => {
  it('rho 0 without a filter is plain training, bit for bit, with as many oracle calls', async () => {
    const plain = model()
    const expected = await train(plain, plainRule(plain.oracle), task, plan)
    for (const options of [
      { ...defaults, rho: 0, taskFilter: 'none' },
      { ...defaults, correction: 'none', taskFilter: 'none', mode: 'soft' },
    ] as const) {
      const on = model()
      const got = await run(options, on)
      expect(got.theta).toEqual(expected.theta)
      expect(on.calls).toEqual(plain.calls)
      expect(got.notes).toEqual([])
    }
  })

  it('a filter that keeps every row, without correction, is plain training after the same warm-up', async () => {
    const plain = model()
    const rule = { ...plainRule(plain.oracle), warmupSteps: 2 }
    const expected = await train(plain, rule, task, plan)
    const got = await run({ ...small, rho: 0, kTask: 6 })
    got.theta.forEach((x, i) => expect(x).toBeCloseTo(expected.theta[i]!, 6))
  })

  it('random drop keeps K rows of each batch, draws by seed and step, and never touches the references', async () => {
    const options: DualSelectOptions = { ...small, rho: 0, taskFilter: 'random' }
    const on = model()
    const got = await run(options, on)
    expect(on.calls.gradients).toBe(0)
    const logged = selections(got.notes, 'task')
    expect(logged.map((r) => r.indices.length)).toEqual(Array.from({ length: 3 }, () => [3, 3, 3, 2]).flat())
    expect(logged.every((r) => r.cosines.every((c) => c === null))).toBe(true)
    expect((await run(options)).theta).toEqual(got.theta)
    expect((await run(options, model(), plan, { seed: 7 })).theta).not.toEqual(got.theta)
  })

  it('fixed references are the first K at every refresh, uniform ones the whole pool, random ones drawn anew', async () => {
    const sets = async (referenceSet: DualSelectOptions['referenceSet']): Promise<SelectionRow[]> =>
      selections((await run({ ...small, referenceSet, taskFilter: 'none' })).notes, 'reference')
    expect((await sets('fixed')).map((r) => r.indices)).toEqual(
      Array.from({ length: 3 }, () => [0, 1, 2, 3, 4]),
    )
    const uniform = await sets('uniform')
    expect(uniform[0]?.indices).toHaveLength(30)
    expect(uniform[0]?.weights[0]).toBeCloseTo(1 / 30)
    const random = await sets('random')
    expect(new Set(random.map((r) => r.indices.join())).size).toBe(3)
    expect(random.every((r) => new Set(r.indices).size === 5)).toBe(true)
  })

  it('agem without a filter steps along the task gradient where the two agree', async () => {
    const on = model()
    const options: DualSelectOptions = { ...small, correction: 'agem', taskFilter: 'none', refresh: 1 }
    const got = await run(options, on)
    expect(selections(got.notes, 'reference')).toHaveLength(12)
    expect(got.failed).toBe(false)
  })
})

describe('the rule', () => {
  it('logs a refresh per epoch and a choice per batch, best first, with rows of the file', async () => {
    const got = await run(small)
    const [first] = selections(got.notes, 'reference')
    expect(selections(got.notes, 'reference').map((r) => [r.epoch, r.step])).toEqual([
      [0, 2],
      [1, 6],
      [2, 10],
    ])
    expect(first?.scores).toEqual([...(first?.scores ?? [])].sort((a, b) => Number(b) - Number(a)))
    first?.scores.forEach((s, i) => expect(s).toBeCloseTo(first.losses[i]! - first.cosines[i]!, 12))
    const choices = selections(got.notes, 'task')
    expect(choices).toHaveLength(12)
    expect(choices[1]?.indices.every((i) => i >= 6 && i < 12)).toBe(true)
    expect(choices[3]?.indices).toHaveLength(2)
    for (const r of choices) {
      expect(r.scores).toEqual([...r.scores].sort((a, b) => Number(a) - Number(b)))
      expect(r.weights.reduce((s, w) => s + w, 0)).toBeCloseTo(1)
    }
  })

  it('scores a batch with one backward pass: no call beside the scoring pass and the log of losses', async () => {
    const on = model()
    await run({ ...small, rho: 0 }, on)
    // 2 warm-up steps and one pass over the 5 selected per refresh (one batch of 6); 5 pool batches per refresh, 12 task batches.
    expect(on.calls).toMatchObject({ mean: 2 + 3, gradients: 3 * 5 + 12, losses: 0, widest: 6 })
  })

  it('with dropout, trains on the kept rows in a pass of their own', async () => {
    const on = model({ noisy: true })
    const got = await run({ ...small, rho: 0 }, on)
    expect(on.calls).toMatchObject({ mean: 2 + 3 + 12, gradients: 3 * 5 + 12 })
    expect(got.failed).toBe(false)
  })

  it('refreshes every N steps, counted from the first after warm-up', async () => {
    const got = await run({ ...small, refresh: 5 })
    expect(selections(got.notes, 'reference').map((r) => r.step)).toEqual([2, 7, 12])
  })

  it('without warm-up the first cosines are 0, and the next epoch has a direction', async () => {
    const [first, second] = selections((await run({ ...small, warmupSteps: 0 })).notes, 'reference')
    expect(first?.cosines.every((c) => c === 0)).toBe(true)
    expect(second?.cosines.some((c) => c !== 0)).toBe(true)
  })

  it('keeps a token budget by rising score', async () => {
    const got = await run({ ...small, tokenBudget: 0.5 }, model(), plan, {
      seed: 1,
      countTokens: (e) => (e.response.kind === 'tokens' ? e.response.tokens.length : 0),
    })
    const kept = selections(got.notes, 'task')[0]?.indices ?? []
    const tokens = (i: number): number => {
      const { response } = task[i]!
      return response.kind === 'tokens' ? response.tokens.length : 0
    }
    const total = [0, 1, 2, 3, 4, 5].reduce((s, i) => s + tokens(i), 0)
    const spent = kept.reduce((s, i) => s + tokens(i), 0)
    expect(spent).toBeGreaterThanOrEqual(total / 2)
    expect(spent - tokens(kept.at(-1)!)).toBeLessThan(total / 2)
  })

  it('continues from plain numbers where it stood', async () => {
    const whole = await run({ ...small, mode: 'soft' })
    const resumed = await run({ ...small, mode: 'soft' }, model(), { ...plan, roundTripAt: [1, 4, 5, 9] })
    const picked = (t: Trained): unknown => t.notes.map((n) => [n['kind'], n['step'], n['indices']])
    expect(picked(resumed)).toEqual(picked(whole))
    whole.theta.forEach((x, i) => expect(resumed.theta[i]).toBeCloseTo(x, 5))
  })

  it('composes with itself: the rule inside sees only rows that the rule outside kept', async () => {
    const on = model()
    const outer = dualSelect({ ...small, kTask: 4 }, { references })
    const inner = await defended(dualSelect({ ...small, kTask: 2 }, { references }), on)
    const both = await outer.apply(inner, on.oracle)()
    if (both._tag === 'Left') throw new Error(both.left.message)
    expect(both.right.warmupSteps).toBe(4)
    const got = await train(on, both.right, task, plan)
    expect(got.failed).toBe(false)
    const [wide, narrow] = selections(got.notes, 'task').filter((r) => r.step >= 4)
    expect(wide?.indices).toHaveLength(4)
    expect(narrow?.indices).toHaveLength(2)
    expect(narrow?.indices.every((i) => wide?.indices.includes(i))).toBe(true)
    expect(on.alive()).toBe(0)
  })
})

describe('what it leaves behind', () => {
  const variants: ReadonlyArray<Partial<DualSelectOptions>> = [
    {},
    { mode: 'soft', normalise: 'zscore', refresh: 3 },
    { correction: 'agem', referenceSet: 'random', taskFilter: 'none' },
    { correction: 'none', referenceSet: 'uniform' },
    { referenceSet: 'fixed', taskFilter: 'random', warmupSteps: 0 },
    { rho: 0, taskFilter: 'none' },
  ]

  it.each(variants)('frees every vector and batch: %j', async (change) => {
    for (const noisy of [false, true]) {
      const on = model({ noisy })
      expect((await run({ ...small, ...change }, on)).failed).toBe(false)
      expect(on.alive()).toBe(0)
    }
  })

  it('holds no more vectors, and no wider batch, for a larger pool', async () => {
    const peak = async (pool: number): Promise<ReadonlyArray<number>> => {
      const on = model()
      const rule = await defended(
        dualSelect(small, { references: dataset('references', rows(12, pool)) }),
        on,
      )
      await train(on, rule, task, plan)
      return [on.peak(), on.calls.widest]
    }
    expect(await peak(300)).toEqual(await peak(30))
  })

  it('frees them too where the model fails at any call', async () => {
    const whole = model()
    await run({ ...small, refresh: 3 }, whole)
    const total = whole.calls.gradients + whole.calls.mean + whole.calls.losses
    for (let failAt = 0; failAt < total; failAt++) {
      const on = model({ failAt })
      expect((await run({ ...small, refresh: 3 }, on)).failed).toBe(true)
      expect(on.alive()).toBe(0)
    }
  })
})

describe('warnings', () => {
  const warnings = (t: Trained): string[] =>
    t.notes.filter((n) => n['kind'] === 'warning').map((n) => String(n['message']))

  it('says when the frozen gradient has outlived itself, once per refresh', async () => {
    const said = warnings(await run({ ...small, rho: 5 }, model(), { ...plan, lr: 0.3, epochs: 1 }))
    expect(said.some((m) => /the reference loss fell|no longer descend/.test(m))).toBe(true)
    expect(new Set(said).size).toBe(said.length)
  })

  it('says when the reference gradient outweighs the task gradient', async () => {
    const said = warnings(await run({ ...small, rho: 50 }))
    expect(said.some((m) => m.includes('outweighs the task gradient'))).toBe(true)
  })

  it('is silent where steps are small', async () => {
    expect(warnings(await run({ ...small, rho: 0.05 }, model(), { ...plan, lr: 1e-4 }))).toEqual([])
  })
})

describe('refusals', () => {
  it.each([
    ['EmptyReferences', undefined, small, { references: dataset('none.jsonl', []) }],
    ['TokenCountMissing', 'tokenBudget', { ...small, tokenBudget: 0.9 }, { references }],
    ['WarmupMissing', 'referenceLoss', { ...small, referenceLoss: 'kl', warmupSteps: 0 }, { references }],
    ['PreservationMissing', 'referenceLoss', { ...small, referenceLoss: 'kl' }, { references }],
    ['BadOption', 'rho', { rho: -1 }, { references }],
  ] as const)('%s is an input error', async (tag, field, options, resources) => {
    const on = model()
    const applied = await dualSelect(options, resources).apply(plainRule(on.oracle), on.oracle)()
    expect(applied).toMatchObject({ _tag: 'Left', left: { _tag: tag, kind: 'input' } })
    if (applied._tag === 'Left') expect(applied.left.field).toBe(field)
  })

  it('what decides is told by the defence', () => {
    const { steps } = dualSelect({ rho: 0.5 }, { references })
    const { tokenBudget, ...decides } = { ...defaults, rho: 0.5 }
    expect(tokenBudget).toBeUndefined()
    expect(steps).toEqual([{ name: 'dualselect', parameters: decides }])
  })
})
