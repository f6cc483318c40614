import { type Rope, decodeModelConfig } from '../../src/formats'
import { attentionFactor, rotaryRates, rotaryRegime } from '../../src/lm/decoder/rotaryRates'
import { families } from './families'
import { right } from './golden'

/** Each entry relative to itself: slow pairs count as much as fast ones. */
const worst = (got: ArrayLike<number>, want: ReadonlyArray<number>): number =>
  Math.max(...want.map((x, i) => Math.abs((got[i] ?? NaN) / x - 1)))

describe('turning rates', () => {
  it.each(
    families.rates.map(
      (r) =>
        [
          String(r.config['rope_parameters'] && JSON.stringify(r.config['rope_parameters'])),
          r.length,
          r,
        ] as const,
    ),
  )('of %s at length %d are those of transformers', (_, length, want) => {
    const { rope, headDim } = right(decodeModelConfig('config.json')(want.config))
    expect(rotaryRates(rope, headDim, length, 'exact')).toHaveLength(headDim / 2)
    expect(worst(rotaryRates(rope, headDim, length, 'exact'), want.rates)).toBeLessThan(1e-6)
    // rounded at every step as in float32: at most a unit in the last place apart
    expect(worst(rotaryRates(rope, headDim, length, 'float32'), want.rates)).toBeLessThan(1.3e-7)
    expect(attentionFactor(rope)).toBeCloseTo(want.factor, 12)
  })

  it('by hand: two pairs, base 100', () => {
    const rope: Rope = { theta: 100, scaling: { kind: 'none' } }
    expect([...rotaryRates(rope, 4, 5, 'exact')]).toEqual([1, 0.1])
    expect([...rotaryRates({ ...rope, scaling: { kind: 'linear', factor: 2 } }, 4, 5, 'exact')]).toEqual([
      0.5, 0.05,
    ])
  })

  it('depend on the length only beyond the trained one', () => {
    const dynamic: Rope = { theta: 100, scaling: { kind: 'dynamic', factor: 2, maxPositionEmbeddings: 10 } }
    expect([5, 10, 11, 20].map((n) => rotaryRegime(dynamic, n))).toEqual([10, 10, 11, 20])
    expect(rotaryRates(dynamic, 4, 5, 'exact')).toEqual(rotaryRates(dynamic, 4, 10, 'exact'))
    expect(rotaryRates(dynamic, 4, 20, 'exact')[1]).toBeLessThan(0.1)
  })
})
