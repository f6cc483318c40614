/** Judges against labels and win rates, the statistics: values of Python, coverage by simulation, and cases to check by eye. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { stream } from '@safe/tensor-core/random'
import {
  agreement,
  errorsByStratum,
  estimatedRate,
  judgeErrors,
  krippendorffAlpha,
  meanOfMeans,
  meanWithInterval,
  roganGladen,
} from '../src/stats'

interface Golden {
  readonly alpha: ReadonlyArray<{ units: (string | null)[][]; alpha: number }>
  readonly roganGladen: ReadonlyArray<
    Record<'k' | 'n' | 'k1' | 'm1' | 'k0' | 'm0' | 'value' | 'low' | 'high', number>
  >
  readonly coverage: ReadonlyArray<
    Record<'theta' | 'sensitivity' | 'specificity' | 'n' | 'labels' | 'coverage', number>
  >
  readonly clusters: ReadonlyArray<{
    sets: number[][][]
    mean: number
    low: number
    high: number
    se: number
  }>
}
const golden = JSON.parse(readFileSync(join(__dirname, 'golden', 'raters.json'), 'utf8')) as Golden

const of = (n: number, k: number): boolean[] => Array.from({ length: n }, (_, i) => i < k)

describe('krippendorffAlpha', () => {
  it.each(golden.alpha)('agrees with the krippendorff package: $alpha', ({ units, alpha }) => {
    expect(krippendorffAlpha(units)).toBeCloseTo(alpha, 12)
  })
  it('is that of two raters where there are two', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c')), { minLength: 2 }),
        (pairs) => {
          const two = agreement(pairs.map(([a, b]) => ({ a, b }))).alpha
          const any = krippendorffAlpha(pairs)
          if (two === null) expect(any).toBeNull()
          else expect(any).toBeCloseTo(two, 10)
        },
      ),
    )
  })
  it('is null where nothing can be compared', () => {
    expect(krippendorffAlpha([])).toBeNull()
    expect(
      krippendorffAlpha([
        ['a', null],
        [null, 'b'],
      ]),
    ).toBeNull()
  })
})

describe('roganGladen', () => {
  const labelled = (k1: number, m1: number, k0: number, m0: number) => [
    ...of(m1, k1).map((judged) => ({ label: true, judged })),
    ...of(m0, k0).map((right) => ({ label: false, judged: !right })),
  ]
  it.each(golden.roganGladen)('agrees with numpy: $k of $n', ({ k, n, k1, m1, k0, m0, value, low, high }) => {
    const found = roganGladen(labelled(k1, m1, k0, m0), of(n, k))
    expect(found?.value).toBeCloseTo(value, 12)
    expect(found?.low).toBeCloseTo(low, 12)
    expect(found?.high).toBeCloseTo(high, 12)
  })
  it('keeps a width where the labels show no error', () => {
    const found = roganGladen(labelled(10, 10, 10, 10), of(100, 0))
    expect(found).toMatchObject({ value: 0, low: 0 })
    expect(found?.high).toBeGreaterThan(0.05)
  })
  it('weights undo uneven drawing, and cost precision', () => {
    // Of 100 yes labels 90 were judged yes, of which a tenth was drawn; all judged no were.
    const drawn = [
      ...of(9, 9).map((judged) => ({ label: true, judged, weight: 10 })),
      ...of(10, 0).map((judged) => ({ label: true, judged, weight: 1 })),
      ...of(50, 0).map((judged) => ({ label: false, judged })),
    ]
    const found = roganGladen(drawn, of(100, 45))
    expect(found?.sensitivity).toBeCloseTo(0.9, 12)
    expect(found?.value).toBeCloseTo(0.5, 12)
    const all = roganGladen(labelled(90, 100, 50, 50), of(100, 45))
    expect(found!.high - found!.low).toBeGreaterThan(all!.high - all!.low)
  })

  /** The share of simulated studies whose interval covers the truth. */
  const covered = (
    runs: number,
    study: (draw: () => number) => { truth: number; found: ReturnType<typeof roganGladen> },
  ) => {
    const draw = stream(5, 'coverage').uniform
    return (
      Array.from({ length: runs }, () => study(draw)).filter(
        ({ truth, found }) => found !== undefined && found.low <= truth && truth <= found.high,
      ).length / runs
    )
  }
  it.each(golden.coverage)(
    'covers the truth in 95 % of studies: rate $theta, sensitivity $sensitivity, specificity $specificity, $labels labels',
    ({ theta, sensitivity, specificity, n, labels, coverage }) => {
      const share = covered(3000, (draw) => {
        const judge = (truth: boolean): boolean => (truth ? draw() < sensitivity : draw() >= specificity)
        const yes = Math.min(labels - 1, Math.max(1, of(labels, labels).filter(() => draw() < 0.5).length))
        return {
          truth: theta,
          found: roganGladen(
            of(labels, yes).map((label) => ({ label, judged: judge(label) })),
            of(n, n).map(() => judge(draw() < theta)),
          ),
        }
      })
      expect(share).toBeGreaterThan(0.94)
      // Three standard errors of the simulation around the coverage that numpy finds.
      expect(Math.abs(share - coverage)).toBeLessThan(3 * Math.sqrt(0.05 / 3000) + 0.005)
    },
  )
  it('covers it too where equal shares of each verdict of the judged rows are labelled', () => {
    const share = covered(3000, (draw) => {
      const [theta, n] = [0.2, 300]
      const rows = of(n, n).map(() => {
        const label = draw() < theta
        return { label, judged: label ? draw() < 0.85 : draw() >= 0.95 }
      })
      const drawn = [true, false].flatMap((judged) => {
        const stratum = rows.filter((r) => r.judged === judged)
        const taken = stratum.slice(0, 40)
        return taken.map((r) => ({ ...r, weight: stratum.length / taken.length }))
      })
      return {
        truth: theta,
        found: roganGladen(
          drawn,
          rows.map((r) => r.judged),
        ),
      }
    })
    expect(share).toBeGreaterThan(0.94)
  })
})

describe('judgeErrors', () => {
  const rows = [
    ...of(10, 8).map((judged) => ({ label: true, judged, stratum: 'a' })),
    ...of(20, 3).map((judged) => ({ label: false, judged, stratum: 'b' })),
    { label: true, judged: null, stratum: 'a' },
    { label: undefined, judged: true, stratum: 'c' },
  ]
  it('counts misses of the yes labels and false alarms of the no labels', () => {
    expect(judgeErrors(rows)).toMatchObject({
      n: 30,
      unparseable: 1,
      accuracy: expect.closeTo(25 / 30, 12) as unknown,
      confusion: { 1: { 0: 2, 1: 8 }, 0: { 0: 17, 1: 3 } },
      falseNegativeRate: { value: 0.2, n: 10, bounds: { low: 2 / 11, high: 3 / 11 } },
      falsePositiveRate: { value: 0.15, n: 20 },
    })
    expect(judgeErrors(rows).falsePositiveRate).not.toHaveProperty('bounds')
  })
  it('has rates for each stratum, null where a class has no label', () => {
    const found = errorsByStratum(rows)
    expect(Object.keys(found)).toEqual(['a', 'b'])
    expect(found['a']).toMatchObject({ n: 10, falseNegativeRate: { value: 0.2 }, falsePositiveRate: null })
  })
  it('estimates over the rows without a label where there are any', () => {
    const labelled = rows.slice(0, 30)
    expect(estimatedRate(labelled)?.observed).toBeCloseTo(11 / 30, 12)
    expect(estimatedRate([...labelled, { label: undefined, judged: false }])?.observed).toBe(0)
    // Rows of one class drawn at a tenth: the labels' own rate is theirs weighted, 50 of 70.
    const uneven = [
      ...of(5, 5).map((judged) => ({ label: true, judged, weight: 10 })),
      ...of(20, 0).map((judged) => ({ label: false, judged, weight: 1 })),
    ]
    expect(estimatedRate(uneven)?.value).toBeCloseTo(50 / 70, 12)
  })
})

describe('meanOfMeans', () => {
  it.each(golden.clusters)(
    'has the interval of a bootstrap in numpy, mean $mean',
    ({ sets, mean, low, high, se }) => {
      const found = meanOfMeans(
        sets.map((set) => set.flatMap((values, i) => values.map((value) => ({ value, cluster: String(i) })))),
        { resamples: 20000, seed: 3 },
      )
      expect(found.value).toBeCloseTo(mean, 12)
      expect(Math.abs(found.low - low)).toBeLessThan(0.06 * se)
      expect(Math.abs(found.high - high)).toBeLessThan(0.06 * se)
      // The analytical standard error of the ratio.
      expect((found.high - found.low) / (2 * 1.96 * se)).toBeGreaterThan(0.93)
      expect((found.high - found.low) / (2 * 1.96 * se)).toBeLessThan(1.07)
    },
  )
  it('is the clustered mean where there is one set', () => {
    const values = [1, 0, 0.5, 1, 1, 0]
    const clusters = ['a', 'a', 'b', 'b', 'c', 'c']
    const one = meanOfMeans([values.map((value, i) => ({ value, cluster: clusters[i] ?? '' }))])
    const plain = meanWithInterval(values, clusters)
    expect([one.value, one.low, one.high, one.n]).toEqual([plain.value, plain.low, plain.high, plain.n])
  })
})
