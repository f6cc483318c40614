import * as fc from 'fast-check'
import { weightedMean } from '@safe/tensor-core/stats'
import { bootstrapped, openEnded } from '../../src/stats/estimate'

const meanOf =
  (rows: ReadonlyArray<number>) =>
  (draw: ReadonlyArray<ArrayLike<number>>): number =>
    weightedMean(rows, draw[0] ?? [])
const zeroOrOne = fc.constantFrom(0, 1)

describe('bootstrapped', () => {
  it('draws rows of one unit together: copies of a row say nothing new', () => {
    fc.assert(
      fc.property(fc.array(zeroOrOne, { minLength: 2, maxLength: 8 }), (rows) => {
        const twice = rows.flatMap((x) => [x, x])
        const units = twice.map((_, i) => Math.floor(i / 2))
        const once = bootstrapped([rows.length], [meanOf(rows)], { resamples: 100 })
        expect(bootstrapped([twice.length], [meanOf(twice)], { resamples: 100, units: [units] })).toEqual(
          once,
        )
      }),
    )
  })
  it('draws rows by themselves where each is a unit of its own', () => {
    const rows = [0, 1, 1, 0, 1]
    const own = rows.map((_, i) => i)
    expect(bootstrapped([5], [meanOf(rows)], { units: [own] })).toEqual(bootstrapped([5], [meanOf(rows)]))
  })
})

it('the open end of a share is that of its units', () => {
  const all = { value: 1, n: 40, low: 1, high: 1 }
  expect(openEnded(all, 4).low).toBeLessThan(openEnded(all).low)
  expect(openEnded({ ...all, low: 0.5 }, 4).low).toBe(0.5)
  expect(openEnded({ value: 0.3, n: 1, low: 0.3, high: 0.3 })).toMatchObject({ value: 0.3, low: 0, high: 1 })
})
