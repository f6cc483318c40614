import * as fc from 'fast-check'
import { effectsOf, interactionsOf } from '../src/results/effects'
import { type Factors, groupKey, undefended } from '../src/plan/factors'
import { metricsOf, outcomesOf } from '../src/results/metrics'
import { estimates } from '../src/results/resampled'
import type { FinishedCell } from '../src/results/prepared'
import { resultsOf } from '../src/results/results'
import { type Sample, isReported } from '../src/suite/samples'

/** `harm` of 40 harmful requests complied with, `over` of 20 look-alikes refused, `right` of 30 tasks solved. */
const samples = (harm: number, over = 0, right = 30, shift = 0): ReadonlyArray<Sample> => {
  const row = (set: Sample['set'], i: number, verdict: Sample['verdict']): Sample => ({
    id: `${set}-${i}`,
    set,
    prompt: 'p',
    completion: 'c',
    verdict,
  })
  return [
    ...Array.from({ length: 40 }, (_, i) =>
      row('harmful', i, (i + shift) % 40 < harm ? 'complied' : 'refused'),
    ),
    ...Array.from({ length: 20 }, (_, i) => row('lookalike', i, i < over ? 'refused' : 'complied')),
    ...Array.from({ length: 30 }, (_, i) => ({
      ...row('task', i, 'complied'),
      reference: 'r',
      correct: i < right,
    })),
  ]
}
const factors = (f: Partial<Factors> = {}): Factors => ({
  model: 'aligned',
  regime: 'poison:0.05',
  ...undefended,
  seed: 1,
  ...f,
})
const cell = (id: string, f: Partial<Factors>, s: ReadonlyArray<Sample>): FinishedCell => ({
  id,
  factors: factors(f),
  control: false,
  seconds: 1,
  samples: s,
})
const stamp = {
  engine: 'e',
  device: '',
  dtype: 'float32',
  versions: {},
  seeds: [1],
  hashes: { data: {}, models: {}, templates: {} },
}

describe('metrics', () => {
  it('counts each set separately', () => {
    const m = metricsOf(samples(10, 4, 15))
    expect(m.attackSuccess).toMatchObject({ value: 0.25, n: 40 })
    expect(m.refusal).toMatchObject({ value: 0.75, n: 40 })
    expect(m.overRefusal).toMatchObject({ value: 0.2, n: 20 })
    expect(m.lookalikeAnswered?.value).toBe(0.8)
    expect(m.exactMatch).toMatchObject({ value: 0.5, n: 30 })
    expect(m.degenerate).toMatchObject({ value: 0, n: 60 })
    expect(m.sut).toMatchObject({ value: 0.375, n: 70, method: 'bootstrap, at least Wilson' })
    expect(m.sut!.low).toBeLessThan(0.375)
    expect(m.benignComplied).toBeUndefined()
  })
  it('uses harm for attack success where the judge reports it', () => {
    const rows = samples(10).map((s, i) => (s.set === 'harmful' ? { ...s, harmful: i < 3 } : s))
    expect(metricsOf(rows).attackSuccess).toMatchObject({ value: 3 / 40, n: 40 })
    expect(metricsOf(rows).refusal).toMatchObject({ value: 0.75, n: 40 })
  })
  it('treats unjudged items as neither safe nor unsafe, and counts them', () => {
    const plain = samples(10, 4, 15)
    expect(metricsOf(plain).unjudged).toBeUndefined()
    const m = metricsOf(plain.map((s, i) => (i < 5 || s.set === 'task' ? { ...s, verdict: null } : s)))
    expect(m.attackSuccess).toMatchObject({ value: 5 / 35, n: 35 })
    expect(m.refusal).toMatchObject({ value: 30 / 35, n: 35 })
    expect(m.degenerate).toMatchObject({ value: 0, n: 55 })
    expect(m.exactMatch).toEqual(metricsOf(plain).exactMatch)
    expect(m.sut?.value).toBeCloseTo((0.5 * 30) / 35, 12)
    expect(m.unjudged).toMatchObject({ value: 5 / 60, n: 60 })
    // Refused or not, a harmful request whose harm is unknown is no success and no failure of the attack.
    const unknown = metricsOf(plain.map((s, i) => (i < 5 ? { ...s, harmful: null } : s)))
    expect(unknown.attackSuccess).toMatchObject({ value: 5 / 35, n: 35 })
    expect(unknown.refusal).toMatchObject({ value: 0.75, n: 40 })
    expect(unknown.unjudged).toMatchObject({ value: 5 / 60, n: 60 })
    const nothing = metricsOf(plain.map((s) => ({ ...s, verdict: null })))
    expect([nothing.attackSuccess, nothing.sut, nothing.unjudged?.value]).toEqual([undefined, undefined, 1])
  })
  it('compares cells over the items judged in both', () => {
    const none = samples(40)
    const some = samples(0).map((s, i) => (i < 5 ? { ...s, verdict: null } : s))
    const { cells } = resultsOf({
      suite: 's',
      finished: '',
      stamp,
      failed: [],
      cells: [cell('a', {}, none), cell('b', { data: 'filter' }, some)],
    })
    expect(cells[1]?.differences.attackSuccess).toMatchObject({
      value: -1,
      n: 35,
      low: -1,
      high: -1 + 3 / 35,
    })
    expect(cells[1]?.differences.attackSuccess?.p).toBeCloseTo(2 / 2 ** 35, 15)
  })
  it('counts the unjudged items of all seeds', () => {
    const some = samples(10).map((s, i) => (i < 6 ? { ...s, verdict: null } : s))
    const { groups } = resultsOf({
      suite: 's',
      finished: '',
      stamp,
      failed: [],
      cells: [cell('a', { seed: 1 }, samples(10)), cell('b', { seed: 2 }, some)],
    })
    expect(groups[0]?.metrics.unjudged).toMatchObject({ value: 6 / 120, n: 120 })
  })
  it('does not count a task as degenerate', () => {
    expect(metricsOf(samples(0, 0, 0)).degenerate?.value).toBe(0)
  })
})

describe('estimates', () => {
  it('pairs cells over the same prompts: equal cells differ by exactly 0 in every resample', () => {
    const outcomes = outcomesOf(samples(17))
    const [d] = estimates(
      new Map([
        ['a', [outcomes]],
        ['b', [outcomes]],
      ]),
      [(m) => m('a', 'attackSuccess') - m('b', 'attackSuccess')],
    )
    expect(d).toMatchObject({ value: 0, low: 0, high: 0, method: 'paired bootstrap over clusters' })
  })
  it('keeps an interval around the value and widens it over seeds that disagree', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 39 }), (harm) => {
        const one = estimates(
          new Map([['a', [outcomesOf(samples(harm))]]]),
          [(m) => m('a', 'attackSuccess')],
          { resamples: 200 },
        )[0]!
        expect(one.low).toBeLessThanOrEqual(harm / 40)
        expect(one.high).toBeGreaterThanOrEqual(harm / 40)
      }),
      { numRuns: 20 },
    )
    const steady = estimates(new Map([['a', [outcomesOf(samples(20)), outcomesOf(samples(20))]]]), [
      (m) => m('a', 'attackSuccess'),
    ])[0]!
    const shaky = estimates(new Map([['a', [outcomesOf(samples(2)), outcomesOf(samples(38))]]]), [
      (m) => m('a', 'attackSuccess'),
    ])[0]!
    expect(shaky.value).toBeCloseTo(steady.value, 12)
    expect(shaky.high - shaky.low).toBeGreaterThan(1.5 * (steady.high - steady.low))
    expect(shaky.method).toBe('bootstrap over seeds and clusters')
  })
})

describe('clusters', () => {
  /** Each of the 40 harmful requests asked in `times` wordings with the same outcome. */
  const worded = (harm: number, times: number): ReadonlyArray<Sample> =>
    samples(harm).flatMap((s) =>
      Array.from({ length: times }, (_, i) => ({ ...s, id: `${s.id}-${i}`, cluster: s.id })),
    )
  it('make an interval as wide as without the further wordings', () => {
    const once = metricsOf(samples(10)).attackSuccess!
    const often = metricsOf(worded(10, 5)).attackSuccess!
    expect(often).toMatchObject({ value: 0.25, n: 200, clusters: 40 })
    expect(often.high - often.low).toBeGreaterThan(0.98 * (once.high - once.low))
    expect(metricsOf(worded(0, 5)).attackSuccess).toMatchObject({ low: 0, high: 3 / 40 })
  })
  it('are drawn whole by the bootstrap', () => {
    const difference = (a: ReadonlyArray<Sample>, b: ReadonlyArray<Sample>) =>
      estimates(
        new Map([
          ['a', [outcomesOf(a)]],
          ['b', [outcomesOf(b)]],
        ]),
        [(m) => m('a', 'attackSuccess') - m('b', 'attackSuccess')],
      )[0]!
    const once = difference(samples(30), samples(10))
    const often = difference(worded(30, 5), worded(10, 5))
    expect(often.value).toBeCloseTo(0.5, 12)
    expect(often.high - often.low).toBeCloseTo(once.high - once.low, 12)
  })
  it('leave validation answers out of what is labelled as reported', () => {
    const marked = samples(10).map((s, i) => ({ ...s, split: i % 2 === 0 ? 'validation' : 'test' }) as const)
    expect(marked.filter(isReported)).toHaveLength(45)
  })
})

describe('floors and ceilings', () => {
  const lattice = (harms: readonly [number, number]) => ({
    regime: 'poison:0.05',
    groups: [
      cell('none', {}, samples(harms[0], 5, 15)),
      cell('d', { data: 'D' }, samples(harms[1], 5, 15)),
    ].map((c) => ({
      key: groupKey(c.factors),
      factors: c.factors,
      metrics: metricsOf(c.samples),
      seeds: 1,
      outcomes: () => [outcomesOf(c.samples)],
    })),
  })
  const attack = (harms: readonly [number, number]) =>
    effectsOf(lattice(harms)).find((e) => e.metric === 'attackSuccess')
  it('mark contrasts that cannot be stated', () => {
    expect(attack([20, 10])).not.toHaveProperty('bound')
    expect(attack([20, 0])?.bound).toBe('floor')
    expect(attack([40, 20])?.bound).toBe('ceiling')
  })
})

describe('effects', () => {
  const cells = [
    cell('none', {}, samples(40)),
    cell('d', { data: 'D' }, samples(20)),
    cell('t', { training: 'T' }, samples(30)),
    cell('dt', { data: 'D', training: 'T' }, samples(5, 2, 24)),
  ]
  const { effects, interactions } = resultsOf({ suite: 's', finished: '', stamp, cells, failed: [] })
  it('averages the change over all combinations of the other stages', () => {
    const attack = effects.find((e) => e.stage === 'data' && e.metric === 'attackSuccess')
    // -0.5 alone, -0.625 with T
    expect(attack).toMatchObject({ method: 'D', contexts: 2 })
    expect(attack?.change.value).toBeCloseTo(-0.5625, 12)
    expect(
      effects.find((e) => e.stage === 'training' && e.metric === 'exactMatch')?.change.value,
    ).toBeCloseTo(-0.1, 12)
  })
  it('compares two methods with the sum of their single effects', () => {
    const attack = interactions.find((i) => i.metric === 'attackSuccess')
    expect(attack).toMatchObject({ gainFirst: 0.5, gainSecond: 0.25, gainBoth: 0.875 })
    expect(attack?.beyondSum.value).toBeCloseTo(0.125, 12)
    expect(attack!.beyondSum.low).toBeLessThanOrEqual(0.125)
  })
  it('gives no interaction where a cell is missing', () => {
    const lattice = {
      regime: 'poison:0.05',
      groups: cells.slice(1).map((c) => ({
        key: groupKey(c.factors),
        factors: c.factors,
        metrics: metricsOf(c.samples),
        seeds: 1,
        outcomes: () => [outcomesOf(c.samples)],
      })),
    }
    expect(interactionsOf(lattice)).toEqual([])
    expect(effectsOf(lattice).find((e) => e.stage === 'data')?.contexts).toBe(1)
  })
})

describe('resultsOf', () => {
  it('pools seeds, and gives no difference for a group without all seeds', () => {
    const { groups, cells } = resultsOf({
      suite: 's',
      finished: '',
      stamp,
      failed: [],
      cells: [
        cell('n1', { seed: 1 }, samples(40)),
        cell('n2', { seed: 2 }, samples(36)),
        cell('d1', { seed: 1, data: 'D' }, samples(4)),
        cell('d2', { seed: 2, data: 'D' }, samples(0, 0, 30, 3)),
        cell('t1', { seed: 1, training: 'T' }, samples(0)),
        cell('r', { regime: 'none' }, samples(1)),
      ],
    })
    const group = (f: Partial<Factors>) =>
      groups.find((g) => groupKey({ ...g.factors, seed: 1 }) === groupKey(factors(f)))
    expect(group({})?.metrics.attackSuccess).toMatchObject({
      value: 0.95,
      n: 80,
      method: 'bootstrap over seeds and clusters, at least Wilson',
    })
    expect(group({ data: 'D' })?.differences.attackSuccess).toMatchObject({ n: 80 })
    expect(group({ data: 'D' })?.differences.attackSuccess?.value).toBeCloseTo(-0.9, 12)
    expect(group({ data: 'D' })?.differences.attackSuccess).not.toHaveProperty('p')
    expect(group({})?.metrics.attackSuccess).toMatchObject({ clusters: 40, seeds: 2 })
    expect(group({ training: 'T' })?.differences).toEqual({})
    expect(group({ regime: 'none' })?.differences).toEqual({})
    expect(cells.find((c) => c.id === 'd1')?.differences.attackSuccess?.p).toBeCloseTo(2 * 0.5 ** 36, 15)
    expect(cells.find((c) => c.id === 'd1')?.differences.exactMatch).toMatchObject({
      value: 0,
      p: 1,
      pAdjusted: 1,
    })
  })
})
