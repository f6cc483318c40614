import * as fc from 'fast-check'
import { equalWeights, firstK, ranking, softWeights, withinBudget } from '../src'

const scoreLists = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 12 })

describe('ranking', () => {
  it('puts the best first, and the lowest index first on ties', () => {
    expect(ranking([1, 3, 3, 2], 'largest')).toEqual([1, 2, 3, 0])
    expect(ranking([1, 3, 1, 2], 'smallest')).toEqual([0, 2, 3, 1])
  })

  it('puts scores that are not numbers last, at either end', () => {
    expect(ranking([Number.NaN, 1, 2], 'largest')).toEqual([2, 1, 0])
    expect(ranking([Number.NaN, 1, 2], 'smallest')).toEqual([1, 2, 0])
  })

  it('is a permutation that turns round with the sign of the scores', () => {
    fc.assert(
      fc.property(scoreLists, (scores) => {
        const order = ranking(scores, 'largest')
        expect([...order].sort((a, b) => a - b)).toEqual(scores.map((_, i) => i))
        expect(
          ranking(
            scores.map((s) => -s),
            'smallest',
          ),
        ).toEqual(order)
      }),
    )
  })
})

describe('withinBudget', () => {
  it('keeps the row that crosses the budget and none after it', () => {
    expect(withinBudget([5, 3, 2], 0.5)([2, 1, 0])).toEqual([2, 1])
    expect(withinBudget([5, 3, 2], 0.51)([2, 1, 0])).toEqual([2, 1, 0])
    expect(withinBudget([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], 0.9)([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])).toHaveLength(9)
  })

  it('keeps at least one row', () => {
    expect(withinBudget([0, 0], 0.5)([1, 0])).toEqual([1])
  })

  it('reaches the budget, and would not without its last row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 }),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (tokens, share) => {
          const kept = withinBudget(tokens, share)(tokens.map((_, i) => i))
          const total = tokens.reduce((s, n) => s + n, 0)
          const spent = kept.reduce((s, i) => s + tokens[i]!, 0)
          expect(spent).toBeGreaterThanOrEqual(share * total - 1e-6)
          expect(spent - tokens[kept.at(-1)!]!).toBeLessThan(share * total)
        },
      ),
    )
  })
})

describe('weights', () => {
  it('gives equal weights in hard mode', () => {
    expect(equalWeights([4, 2])).toEqual({ indices: [4, 2], weights: [0.5, 0.5] })
  })

  it('gives the softmax over the pool, truncated and renormalised', () => {
    fc.assert(
      fc.property(scoreLists, fc.integer({ min: 1, max: 12 }), (scores, k) => {
        const kept = firstK(k)(ranking(scores, 'largest'))
        const { weights } = softWeights(scores, 0.7, 'largest')(kept)
        const pool = scores.map((s) => Math.exp(s / 0.7))
        const mass = kept.reduce((s, i) => s + pool[i]!, 0)
        kept.forEach((i, rank) => expect(weights[rank]).toBeCloseTo(pool[i]! / mass, 12))
        expect(weights.reduce((s, w) => s + w, 0)).toBeCloseTo(1, 12)
      }),
    )
  })

  it('tends to the hard choice as the temperature falls, and to equal weights as it rises', () => {
    const cold = softWeights([0.1, 0.3, 0.2], 1e-3, 'smallest')([0, 2])
    expect(cold.weights[0]).toBeCloseTo(1, 12)
    const hot = softWeights([0.1, 0.3, 0.2], 1e6, 'smallest')([0, 2])
    expect(hot.weights[0]).toBeCloseTo(0.5, 6)
  })

  it('does not overflow', () => {
    expect(softWeights([900, 1000], 0.1, 'largest')([1, 0]).weights).toEqual([1, 0])
  })
})
