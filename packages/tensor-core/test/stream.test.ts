import fc from 'fast-check'
import { stream } from '../src/random'

describe('stream', () => {
  it('draws the same from the same name, and something else from another', () => {
    const draws = (s: ReturnType<typeof stream>): ReadonlyArray<number> =>
      Array.from({ length: 5 }, s.uniform)
    expect(draws(stream(1, 'a', 2))).toEqual(draws(stream(1, 'a', 2)))
    expect(draws(stream(1, 'a', 2))).not.toEqual(draws(stream(1, 'a', 3)))
    expect(draws(stream(1, 'a', 2))).not.toEqual(draws(stream(2, 'a', 2)))
  })

  it('shuffles without losing anything', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), fc.integer(), (values, seed) => {
        expect([...stream(seed).shuffle(values)].sort((a, b) => a - b)).toEqual(
          [...values].sort((a, b) => a - b),
        )
      }),
    )
  })

  it('has the moments of its distributions', () => {
    const s = stream(7)
    const n = 20000
    const xs = Array.from({ length: n }, s.normal)
    const mean = xs.reduce((a, b) => a + b, 0) / n
    const variance = xs.reduce((a, b) => a + (b - mean) ** 2, 0) / n
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(variance - 1)).toBeLessThan(0.04)
  })
})
