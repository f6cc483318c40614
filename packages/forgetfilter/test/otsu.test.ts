import * as fc from 'fast-check'
import * as O from 'fp-ts/Option'
import { otsu } from '../src/thresholds/otsu'
import golden from './golden/quality.json'

const split = (values: ReadonlyArray<number>) => O.toNullable(otsu(values))

describe('otsu', () => {
  it('splits two clusters midway between them', () => {
    expect(split([0, 0.1, 0.9, 1])).toMatchObject({
      threshold: 0.5,
      lower: { n: 2, mean: expect.closeTo(0.05, 12) as number },
      upper: { n: 2, mean: expect.closeTo(0.95, 12) as number },
    })
    expect(split([1, 0])).toMatchObject({ threshold: 0.5, separability: 1 })
  })

  it('has no answer where no two values differ', () => {
    expect(split([])).toBeNull()
    expect(split([0.3])).toBeNull()
    expect(split([0.3, 0.3, 0.3])).toBeNull()
  })

  it('finds the split of exact rational arithmetic', () => {
    for (const { rates, lowerCount } of golden.cases) expect(split(rates)?.lower.n).toBe(lowerCount)
  })

  it('keeps neighbouring floats apart', () => {
    const s = split([1 - 2 ** -53, 1])
    expect(s?.threshold).toBeLessThan(1)
  })

  const values = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 2, maxLength: 40 })
  it('moves with affine maps: the same rows stand above the threshold', () =>
    fc.assert(
      // Powers of two and whole numbers are exact in floats, so ties break alike.
      fc.property(values, fc.integer({ min: -6, max: 6 }), fc.integer({ min: -50, max: 50 }), (xs, p, c) => {
        fc.pre(new Set(xs).size > 1)
        const mapped = xs.map((x) => x * 2 ** p + c)
        const [one, two] = [split(xs), split(mapped)]
        const criterion = (vs: ReadonlyArray<number>, t: number): number => {
          const [low, high] = [vs.filter((v) => v <= t), vs.filter((v) => v > t)]
          const mean = (a: ReadonlyArray<number>): number => a.reduce((s, x) => s + x, 0) / a.length
          return low.length * high.length * (mean(low) - mean(high)) ** 2
        }
        // Rounding may choose another of equally good splits, never a worse one.
        const inverse = (two!.threshold - c) / 2 ** p
        expect(criterion(xs, inverse)).toBeCloseTo(criterion(xs, one!.threshold), 0)
        expect(two!.separability).toBeCloseTo(one!.separability, 9)
      }),
    ))

  it('is no worse than any other split', () =>
    fc.assert(
      fc.property(values, (xs) => {
        const s = split(xs)
        fc.pre(s !== null)
        const n = xs.length
        const between = (t: number): number => {
          const [low, high] = [xs.filter((v) => v <= t), xs.filter((v) => v > t)]
          if (low.length === 0 || high.length === 0) return 0
          const mean = (a: ReadonlyArray<number>): number => a.reduce((x, y) => x + y, 0) / a.length
          return ((low.length * high.length) / n ** 2) * (mean(low) - mean(high)) ** 2
        }
        const best = between(s.threshold)
        for (const x of xs) expect(between(x)).toBeLessThanOrEqual(best * (1 + 1e-9))
      }),
    ))
})
