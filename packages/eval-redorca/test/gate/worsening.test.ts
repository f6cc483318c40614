import fc from 'fast-check'
import {
  type Pair,
  fewestClusters,
  pairedWorsening,
  unpairedWorsening,
  verdictOf,
} from '../../src/gate/worsening'
import { wilson } from '../../src/stats'

const few = { resamples: 200 }

/** Items of their own clusters: what each side said, in turn. */
const pairsOf = (...said: ReadonlyArray<readonly [number | null, number | null]>): ReadonlyArray<Pair> =>
  said.map(([baseline, candidate], i) => ({ cluster: String(i), baseline, candidate }))

const times = <A>(n: number, value: A): ReadonlyArray<A> => Array.from({ length: n }, () => value)

const said = fc.constantFrom<number | null>(0, 1, null)
const anyPairs = fc.array(
  fc.record({ cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'), baseline: said, candidate: said }),
  { minLength: 1, maxLength: 25 },
)
const scoredPairs = fc.array(
  fc.record({
    cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
    baseline: fc.constantFrom(0, 1),
    candidate: fc.constantFrom(0, 1),
  }),
  { minLength: 1, maxLength: 25 },
)
const margin = fc.constantFrom(0, 0.02, 0.2, 0.5)

describe('the worsening of items that both sides answered', () => {
  it('of equal answers is 0, as wide as the rule of three on clusters', () => {
    const equal = pairedWorsening(pairsOf(...times(140, [0, 0] as const), ...times(10, [1, 1] as const)))
    expect(equal).toMatchObject({ difference: 0, low: -0.02, high: 0.02, n: 150, clusters: 150, unscored: 0 })
    expect(equal.baseline).toBeCloseTo(1 / 15)
    const clustered = pairsOf(...times(150, [0, 0] as const)).map((p, i) => ({
      ...p,
      cluster: String(i % 15),
    }))
    expect(pairedWorsening(clustered)).toMatchObject({ low: -0.2, high: 0.2, n: 150, clusters: 15 })
  })
  it('counts what changed, and cancels what changed both ways', () => {
    const worse = pairedWorsening(pairsOf(...times(80, [0, 0] as const), ...times(20, [0, 1] as const)))
    expect([worse.baseline, worse.candidate, worse.difference]).toEqual([0, 0.2, 0.2])
    // The standard error of a share of .2 of 100 is .04.
    expect(worse.low).toBeGreaterThan(0.11)
    expect(worse.low).toBeLessThan(0.14)
    expect(worse.high).toBeGreaterThan(0.26)
    expect(worse.high).toBeLessThan(0.3)
    const even = pairedWorsening(
      pairsOf(...times(80, [0, 0] as const), ...times(10, [0, 1] as const), ...times(10, [1, 0] as const)),
    )
    expect(even.difference).toBe(0)
    expect(even.high).toBeGreaterThan(0.06)
  })
  it('bounds unscored answers both ways, in the rates of neither side', () => {
    const found = pairedWorsening(
      pairsOf(
        ...times(90, [0, 0] as const),
        ...times(6, [0, null] as const),
        ...times(4, [null, 0] as const),
      ),
    )
    expect(found).toMatchObject({ baseline: 0, candidate: 0, difference: 0, n: 100, unscored: 10 })
    // At most the six are bad; at the other end, the four were bad before.
    expect(found.high).toBeGreaterThan(0.06)
    expect(found.low).toBeLessThan(-0.04)
    expect(pairedWorsening(pairsOf([null, null], [0, null]))).toMatchObject({
      baseline: null,
      candidate: null,
      difference: null,
      low: -1,
      high: 1,
    })
  })
  it('never refuses equal models', () => {
    fc.assert(
      fc.property(anyPairs, margin, (pairs, m) => {
        const same = pairs.map((p) => ({ ...p, candidate: p.baseline }))
        expect(verdictOf(pairedWorsening(same, few), m)).not.toBe(false)
      }),
      { numRuns: 40 },
    )
  })
  it('is never refused one way and the other', () => {
    fc.assert(
      fc.property(anyPairs, margin, (pairs, m) => {
        const back = pairs.map((p) => ({ ...p, baseline: p.candidate, candidate: p.baseline }))
        const [one, other] = [pairedWorsening(pairs, few), pairedWorsening(back, few)]
        expect(verdictOf(one, m) === false && verdictOf(other, m) === false).toBe(false)
        expect(one.low).toBeCloseTo(-other.high)
      }),
      { numRuns: 40 },
    )
  })
  it('rises with every answer that becomes bad', () => {
    fc.assert(
      fc.property(scoredPairs, fc.nat(24), (pairs, at) => {
        const worse = pairs.map((p, i) => (i === at % pairs.length ? { ...p, candidate: 1 } : p))
        const [before, after] = [pairedWorsening(pairs, few), pairedWorsening(worse, few)]
        expect(after.low).toBeGreaterThanOrEqual(before.low - 1e-12)
        expect(after.high).toBeGreaterThanOrEqual(before.high - 1e-12)
      }),
      { numRuns: 40 },
    )
  })
  it('is only wider for an answer that is not scored, so that it decides nothing', () => {
    fc.assert(
      fc.property(scoredPairs, fc.nat(24), margin, (pairs, at, m) => {
        const lost = pairs.map((p, i): Pair => (i === at % pairs.length ? { ...p, candidate: null } : p))
        const [before, after] = [pairedWorsening(pairs, few), pairedWorsening(lost, few)]
        expect(after.low).toBeLessThanOrEqual(before.low + 1e-12)
        expect(after.high).toBeGreaterThanOrEqual(before.high - 1e-12)
        const [was, is] = [verdictOf(before, m), verdictOf(after, m)]
        expect(is === was || is === null).toBe(true)
      }),
      { numRuns: 40 },
    )
  })
})

describe('the worsening of stated rates', () => {
  it('has Newcombe’s interval, of his own example', () => {
    // Newcombe 1998, table II, example (a), method 10: 56 / 70 - 48 / 80.
    const found = unpairedWorsening(wilson(48, 80), wilson(56, 70))
    expect(found.difference).toBeCloseTo(0.2)
    expect(found.low).toBeCloseTo(0.0524, 4)
    expect(found.high).toBeCloseTo(0.3339, 4)
  })
  it('counts unscored answers as all good and as all bad', () => {
    const [all, some] = [wilson(10, 100), { ...wilson(9, 90), unjudged: 10 }]
    const [found, wide] = [unpairedWorsening(all, all), unpairedWorsening(all, some)]
    expect(wide).toMatchObject({ difference: 0, n: 100, unscored: 10 })
    expect(wide.high).toBeGreaterThan(found.high + 0.05)
    expect(wide.low).toBeLessThan(found.low)
  })
})

describe('verdicts', () => {
  it('pass where the interval ends at the margin, and are refused where it begins above it', () => {
    expect(verdictOf({ low: -0.1, high: 0.02 }, 0.02)).toBe(true)
    expect(verdictOf({ low: -0.1, high: 0.021 }, 0.02)).toBeNull()
    expect(verdictOf({ low: 0.02, high: 0.3 }, 0.02)).toBeNull()
    expect(verdictOf({ low: 0.021, high: 0.3 }, 0.02)).toBe(false)
  })
  it('need clusters: those of the rule of three', () => {
    expect([0.02, 0.03, 0.05, 1, 0].map(fewestClusters)).toEqual([150, 100, 60, 1, Number.POSITIVE_INFINITY])
    const passes = (n: number): boolean | null =>
      verdictOf(pairedWorsening(pairsOf(...times(n, [0, 0] as const)), few), 0.03)
    expect([passes(99), passes(100)]).toEqual([null, true])
  })
})
