import * as fc from 'fast-check'
import { stream } from '@safe/tensor-core/random'
import { excessOfRows } from '../src/thresholds/canaryExcess'
import golden from './golden/canaryExcess.json'

const draw = stream(5, 'test')
const bell = (n: number, mean: number): ReadonlyArray<number> =>
  Array.from({ length: n }, () => mean + 0.1 * draw.normal())

describe('excessOfRows', () => {
  it('is small where rows were forgotten more than canaries', () =>
    expect(excessOfRows([...bell(100, 0), ...bell(30, 0.8)], bell(50, 0))).toBeLessThan(0.01))

  it('is large where canaries were forgotten as much', () => {
    expect(
      excessOfRows([...bell(100, 0), ...bell(30, 0.8)], [...bell(50, 0), ...bell(15, 0.8)]),
    ).toBeGreaterThan(0.1)
    expect(excessOfRows(bell(100, 0), [...bell(50, 0), ...bell(15, 0.8)])).toBeGreaterThan(0.5)
  })

  it('is 1 where nothing can be told', () => {
    expect(excessOfRows([], [0.1])).toBe(1)
    expect(excessOfRows([0.1], [])).toBe(1)
    expect(excessOfRows([0, 0, -1], [0, 0])).toBe(1)
  })

  it('is rarely small without unsafe rows, also with ties', () => {
    const tied = (n: number): ReadonlyArray<number> =>
      Array.from({ length: n }, () => Math.max(0, Math.round(3 * draw.normal()) / 4))
    const found = Array.from({ length: 60 }, () => excessOfRows(tied(60), tied(20)))
    // 5 % of 60 are 3; 9 or more have a probability of 0.3 %.
    expect(found.filter((p) => p < 0.05).length).toBeLessThan(9)
  })

  it.each(golden.cases)(
    'is that of as many independent draws: $name',
    ({ rows, canaries, probability, error }) =>
      expect(Math.abs(excessOfRows(rows, canaries) - probability)).toBeLessThan(4 * error),
  )

  it('depends on the order of values alone', () =>
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const [rows, canaries] = [bell(40, 0.1), bell(20, 0)]
        const cubed = (xs: ReadonlyArray<number>) => xs.map((x) => x ** 3)
        const shuffled = stream(seed, 'order')
        const p = excessOfRows(rows, canaries)
        expect(excessOfRows(shuffled.shuffle(rows), shuffled.shuffle(canaries))).toBe(p)
        expect(excessOfRows(cubed(rows), cubed(canaries))).toBe(p)
      }),
      { numRuns: 5 },
    ))
})
