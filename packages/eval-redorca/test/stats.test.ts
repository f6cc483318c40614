import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { stream } from '@safe/tensor-core/random'
import {
  agreement,
  eachResample,
  holm,
  mcnemarExact,
  meanWithInterval,
  quantile,
  roganGladen,
  clusteredRate,
  ruleOfThree,
  weightedMean,
  wilson,
} from '../src/stats'

interface Golden {
  readonly wilson: ReadonlyArray<{ k: number; n: number; low: number; high: number }>
  readonly mcnemar: ReadonlyArray<{ b: number; c: number; p: number }>
  readonly holm: ReadonlyArray<{ p: number[]; adjusted: number[] }>
  readonly agreement: ReadonlyArray<{
    a: string[]
    b: string[]
    kappa: number
    low: number
    high: number
    alpha: number
  }>
  readonly quantiles: ReadonlyArray<{ x: number[]; q: number[]; values: number[] }>
  readonly bootstrap: ReadonlyArray<{
    differences: number[]
    mean: number
    low: number
    high: number
    se: number
  }>
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'stats.json'), 'utf8')) as Golden

describe('wilson', () => {
  it.each(golden.wilson)('agrees with scipy at $k of $n', ({ k, n, low, high }) => {
    expect(wilson(k, n).low).toBeCloseTo(low, 12)
    expect(wilson(k, n).high).toBeCloseTo(high, 12)
  })
  it('contains the rate, mirrors, and narrows with n', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const k = Math.round(n * share)
          const w = wilson(k, n)
          const mirror = wilson(n - k, n)
          expect(w.low).toBeLessThanOrEqual(w.value)
          expect(w.high).toBeGreaterThanOrEqual(w.value)
          expect(w.low).toBeCloseTo(1 - mirror.high, 10)
          expect(wilson(4 * k, 4 * n).high - wilson(4 * k, 4 * n).low).toBeLessThan(w.high - w.low)
        },
      ),
    )
  })
  it('has a width at zero, near the rule of three', () => {
    expect(wilson(0, 300).high).toBeGreaterThan(ruleOfThree(300))
    expect(ruleOfThree(300)).toBeCloseTo(0.01, 12)
    expect(ruleOfThree(2)).toBe(1)
  })
})

describe('clusteredRate', () => {
  const items = fc.array(
    fc.record({ value: fc.constantFrom(0, 1), cluster: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f') }),
    { minLength: 1, maxLength: 60 },
  )
  it('is no narrower than the number of clusters allows, and contains the rate', () => {
    fc.assert(
      fc.property(items, (values) => {
        const rate = clusteredRate(values)
        const clusters = new Set(values.map(({ cluster }) => cluster)).size
        expect(rate).toMatchObject({ n: values.length, clusters })
        expect(rate.low).toBeLessThanOrEqual(Math.min(rate.value, 1 - ruleOfThree(clusters)))
        expect(rate.high).toBeGreaterThanOrEqual(Math.max(rate.value, ruleOfThree(clusters)))
        expect(rate.effective ?? rate.n).toBeGreaterThanOrEqual(1)
        expect(rate.low).toBeGreaterThanOrEqual(0)
        expect(rate.high).toBeLessThanOrEqual(1)
      }),
    )
  })
  it('is Wilson where every item is a cluster of its own, but for the ends', () => {
    const values = Array.from({ length: 80 }, (_, i) => ({ value: i < 30 ? 1 : 0, cluster: String(i) }))
    expect(clusteredRate(values)).toMatchObject(wilson(30, 80))
    expect(clusteredRate(values)).not.toHaveProperty('effective')
  })
  it('counts copies of an item once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 29 }), (copies, k) => {
        const values = Array.from({ length: 30 * copies }, (_, i) => ({
          value: i % 30 < k ? 1 : 0,
          cluster: String(i % 30),
        }))
        // The variance between clusters is estimated with J - 1.
        expect(clusteredRate(values).effective).toBeCloseTo(29, 9)
      }),
    )
  })
  it('covers the true rate where clusters share a fate, and Wilson on all items does not', () => {
    const draw = stream(7, 'coverage')
    const runs = 600
    const covered = { clustered: 0, wilson: 0 }
    for (let run = 0; run < runs; run++) {
      // Clusters of 4, each with its own rate, .1 or .7; the true rate is .4.
      const values = Array.from({ length: 40 }, () => (draw.uniform() < 0.5 ? 0.1 : 0.7)).flatMap((p, c) =>
        Array.from({ length: 4 }, () => ({ value: draw.uniform() < p ? 1 : 0, cluster: String(c) })),
      )
      const holds = ({ low, high }: { low: number; high: number }) => low <= 0.4 && 0.4 <= high
      const k = values.reduce((s, { value }) => s + value, 0)
      if (holds(clusteredRate(values))) covered.clustered += 1
      if (holds(wilson(k, values.length))) covered.wilson += 1
    }
    expect(covered.clustered / runs).toBeGreaterThan(0.925)
    expect(covered.wilson / runs).toBeLessThan(0.9)
  })
})

describe('mcnemarExact', () => {
  it.each(golden.mcnemar)('agrees with statsmodels at $b, $c', ({ b, c, p }) => {
    const q = mcnemarExact(b, c)
    expect(Math.abs(q - p)).toBeLessThanOrEqual(1e-9 * p + 1e-300)
  })
  it('is symmetric and a probability', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), (b, c) => {
        const p = mcnemarExact(b, c)
        expect(p).toBe(mcnemarExact(c, b))
        expect(p).toBeGreaterThan(0)
        expect(p).toBeLessThanOrEqual(1)
      }),
    )
  })
})

describe('holm', () => {
  it.each(golden.holm)('agrees with statsmodels: $p', ({ p, adjusted }) => {
    holm(p).forEach((x, i) => expect(x).toBeCloseTo(adjusted[i] ?? 0, 12))
  })
  it('never lowers a p-value and keeps their order', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (p) => {
        const adjusted = holm(p)
        p.forEach((x, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(x)
          p.forEach((y, j) => {
            if (x < y) expect(adjusted[i]!).toBeLessThanOrEqual(adjusted[j]!)
          })
        })
      }),
    )
  })
})

describe('agreement', () => {
  it.each(golden.agreement)('agrees with statsmodels and krippendorff: kappa $kappa', (g) => {
    const found = agreement(g.a.map((a, i) => ({ a, b: g.b[i] ?? '' })))
    expect(found.kappa).toBeCloseTo(g.kappa, 12)
    expect(found.kappaInterval?.low).toBeCloseTo(g.low, 10)
    expect(found.kappaInterval?.high).toBeCloseTo(g.high, 10)
    expect(found.alpha).toBeCloseTo(g.alpha, 12)
    expect(found.n).toBe(g.a.length)
  })
  it('is null where chance agreement is certain', () => {
    expect(agreement([{ a: 'x', b: 'x' }])).toMatchObject({
      kappa: null,
      kappaInterval: null,
      alpha: null,
      accuracy: 1,
    })
  })
})

describe('bootstrap', () => {
  it.each(golden.quantiles)('takes quantiles as numpy does', ({ x, q, values }) => {
    q.forEach((at, i) => expect(quantile(x, at)).toBeCloseTo(values[i] ?? 0, 12))
  })
  it.each(golden.bootstrap)(
    "gives scipy's percentile interval of a mean",
    ({ differences, mean, low, high, se }) => {
      const found = meanWithInterval(differences, undefined, { resamples: 20000, seed: 1 })
      expect(found.value).toBeCloseTo(mean, 12)
      expect(Math.abs(found.low - low)).toBeLessThan(0.06 * se)
      expect(Math.abs(found.high - high)).toBeLessThan(0.06 * se)
    },
  )
  it('is determined by its seed, and is wider with clusters', () => {
    const d = Array.from({ length: 60 }, (_, i) => (Math.floor(i / 10) % 2 === 0 ? 1 : 0))
    const clusters = d.map((_, i) => String(Math.floor(i / 10)))
    expect(meanWithInterval(d)).toEqual(meanWithInterval(d))
    const plain = meanWithInterval(d)
    const clustered = meanWithInterval(d, clusters)
    expect(clustered.high - clustered.low).toBeGreaterThan(2 * (plain.high - plain.low))
  })
  it('draws as many units as there are', () => {
    eachResample(
      [7, 3],
      (counts) => {
        expect(counts.map((c) => c.reduce((s, x) => s + x, 0))).toEqual([7, 3])
      },
      { resamples: 50 },
    )
    expect(weightedMean([1, 5], [3, 1])).toBe(2)
    expect(weightedMean([1, 5], [0, 0])).toBeNaN()
  })
})

describe('roganGladen', () => {
  it('undoes known error rates', () => {
    const labelled = [
      ...Array.from({ length: 100 }, (_, i) => ({ label: true, judged: i < 90 })),
      ...Array.from({ length: 100 }, (_, i) => ({ label: false, judged: i < 20 })),
    ]
    const found = roganGladen(
      labelled,
      Array.from({ length: 1000 }, (_, i) => i < 410),
    )
    expect(found?.observed).toBeCloseTo(0.41, 12)
    expect(found?.value).toBeCloseTo((0.41 + 0.8 - 1) / (0.9 + 0.8 - 1), 12)
    expect(found!.low).toBeLessThan(found!.value)
    expect(found!.high).toBeGreaterThan(found!.value)
  })
  it('is undefined for a judge no better than chance', () => {
    expect(
      roganGladen(
        [
          { label: true, judged: false },
          { label: false, judged: true },
        ],
        [true],
      ),
    ).toBeUndefined()
    expect(roganGladen([{ label: true, judged: true }], [true])).toBeUndefined()
  })
})
