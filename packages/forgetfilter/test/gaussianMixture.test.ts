import * as fc from 'fast-check'
import * as O from 'fp-ts/Option'
import { stream } from '@safe/tensor-core/random'
import {
  DEVIATION_RATIO,
  ashmansD,
  boundaryOf,
  logDensity,
  normalMixture,
  oneNormalLogLikelihood,
} from '../src/thresholds/gaussianMixture'
import golden from './golden/mixture.json'

const fit = (values: ReadonlyArray<number>) => {
  const found = O.toNullable(normalMixture(values))
  if (found === null) throw new Error('no mixture')
  return found
}
const normals = (seed: number, n: number, mean: number, deviation: number): ReadonlyArray<number> => {
  const draw = stream(seed, 'test', mean)
  return Array.from({ length: n }, () => mean + deviation * draw.normal())
}

describe('normalMixture', () => {
  it('finds two components that lie apart', () => {
    const { lower, upper } = fit([...normals(1, 300, 0, 0.05), ...normals(2, 100, 0.6, 0.1)])
    expect(lower.mean).toBeCloseTo(0, 1)
    expect(upper.mean).toBeCloseTo(0.6, 1)
    expect(upper.weight).toBeCloseTo(0.25, 2)
    expect(lower.deviation).toBeCloseTo(0.05, 1)
  })

  it.each(golden.cases)(
    'is no worse than scikit-learn: $name',
    ({ values, logLikelihood, weights, means, deviations }) => {
      const found = fit(values)
      expect(found.logLikelihood).toBeGreaterThanOrEqual(logLikelihood - 1e-3)
      expect([found.lower.weight, found.upper.weight]).toEqual(
        weights.map((w) => expect.closeTo(w, 2) as number),
      )
      expect([found.lower.mean, found.upper.mean]).toEqual(means.map((m) => expect.closeTo(m, 2) as number))
      expect([found.lower.deviation, found.upper.deviation]).toEqual(
        deviations.map((d) => expect.closeTo(d, 2) as number),
      )
    },
  )

  it('has no answer where no two values differ', () => {
    expect(normalMixture([])).toEqual(O.none)
    expect(normalMixture([0.2, 0.2, 0.2])).toEqual(O.none)
    expect(oneNormalLogLikelihood([0.2, 0.2])).toEqual(O.none)
  })

  it('keeps a component on a mass of ties as wide as the ratio allows, instead of on one value', () => {
    const { lower, upper } = fit([...Array.from({ length: 500 }, () => 0), ...normals(3, 500, 0.5, 0.2)])
    expect(upper.deviation / lower.deviation).toBeCloseTo(DEVIATION_RATIO, 6)
  })

  const values = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 4, maxLength: 60 })
  it('is at least as likely as one component, whatever the values', () =>
    fc.assert(
      fc.property(values, (xs) => {
        const [two, one] = [normalMixture(xs), oneNormalLogLikelihood(xs)]
        fc.pre(O.isSome(two) && O.isSome(one))
        // Below a variance of rounding errors both likelihoods are rounding errors too.
        const spread = Math.max(...xs) - Math.min(...xs)
        fc.pre(spread > 1e-6)
        if (O.isSome(two) && O.isSome(one))
          expect(two.value.logLikelihood).toBeGreaterThan(one.value - 1e-6 * xs.length)
      }),
      { numRuns: 60 },
    ))

  it('moves and stretches with the values', () =>
    fc.assert(
      fc.property(fc.integer({ min: -5, max: 5 }), fc.integer({ min: -3, max: 3 }), (shift, power) => {
        const xs = [...normals(4, 80, 0, 0.1), ...normals(5, 40, 1, 0.2)]
        const [one, two] = [fit(xs), fit(xs.map((x) => x * 2 ** power + shift))]
        expect(two.upper.mean).toBeCloseTo(one.upper.mean * 2 ** power + shift, 3)
        expect(ashmansD(two)).toBeCloseTo(ashmansD(one), 2)
      }),
      { numRuns: 10 },
    ))
})

describe('the boundary', () => {
  it('is midway between equal components, and nearer to the rarer or narrower one', () => {
    const at = (w: number, s: number) =>
      O.toNullable(
        boundaryOf({
          lower: { weight: 1 - w, mean: 0, deviation: 0.1 },
          upper: { weight: w, mean: 1, deviation: s },
          logLikelihood: 0,
        }),
      ) ?? NaN
    expect(at(0.5, 0.1)).toBeCloseTo(0.5, 12)
    expect(at(0.1, 0.1)).toBeGreaterThan(0.5)
    expect(at(0.5, 0.3)).toBeLessThan(0.5)
    const x = at(0.2, 0.2)
    expect(logDensity({ weight: 0.8, mean: 0, deviation: 0.1 })(x)).toBeCloseTo(
      logDensity({ weight: 0.2, mean: 1, deviation: 0.2 })(x),
      9,
    )
  })

  it('does not exist where one component covers the other', () =>
    expect(
      boundaryOf({
        lower: { weight: 0.99, mean: 0, deviation: 0.3 },
        upper: { weight: 0.01, mean: 0.1, deviation: 0.3 },
        logLikelihood: 0,
      }),
    ).toEqual(O.none))

  it("Ashman's D of unit components two apart is 2", () =>
    expect(
      ashmansD({
        lower: { weight: 0.5, mean: 0, deviation: 1 },
        upper: { weight: 0.5, mean: 2, deviation: 1 },
        logLikelihood: 0,
      }),
    ).toBe(2))
})
