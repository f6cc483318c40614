import * as fc from 'fast-check'
import * as O from 'fp-ts/Option'
import { textExample } from '@safe/tensor-core/contracts'
import { stream } from '@safe/tensor-core/random'
import { excessOver, excessProbability, fewestCanaries, nullQuantile } from '../src/thresholds/canaries'
import { markedCanaries, mixedWith, splitRates } from '../src/canaryRows'
import golden from './golden/excess.json'

describe('nullQuantile', () => {
  it('is the k-th smallest rate, k = ceil((m + 1)(1 - alpha))', () => {
    const rates = Array.from({ length: 39 }, (_, i) => (38 - i) / 100)
    expect(nullQuantile(rates, 0.05)).toEqual(O.some({ phi: 0.37, rank: 38, canaries: 39 }))
    expect(nullQuantile(rates, 0.5)).toEqual(O.some({ phi: 0.19, rank: 20, canaries: 39 }))
  })

  it('needs as many canaries as the level says', () => {
    const of = (m: number) =>
      nullQuantile(
        Array.from({ length: m }, (_, i) => i),
        0.05,
      )
    expect(fewestCanaries(0.05)).toBe(19)
    expect(of(18)).toEqual(O.none)
    expect(of(19)).toMatchObject({ value: { phi: 18, rank: 19 } })
    expect(fewestCanaries(0.1)).toBe(9)
  })

  it('loses at most a share alpha of benign rows, on average over draws', () => {
    const draw = stream(11, 'test')
    const repeats = 400
    const lost = Array.from({ length: repeats }, () => {
      const skewed = () => Math.exp(draw.normal())
      const found = nullQuantile(Array.from({ length: 50 }, skewed), 0.1)
      const { phi } = O.isSome(found) ? found.value : { phi: Infinity }
      return Array.from({ length: 50 }, skewed).filter((rate) => rate > phi).length / 50
    })
    // The mean's standard error is about 0.003.
    expect(lost.reduce((a, b) => a + b, 0) / repeats).toBeLessThan(0.11)
  })
})

describe('excessProbability', () => {
  it.each(golden.cases)('is the tail of the beta-binomial: %j', ({ n, above, rank, canaries, probability }) =>
    expect(excessProbability(n, above, { rank, canaries })).toBeCloseTo(probability, 9),
  )

  it('falls as more rows lie above, from 1', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        (n, canaries, r) => {
          const rank = 1 + (r % canaries)
          const p = Array.from({ length: n + 1 }, (_, k) => excessProbability(n, k, { rank, canaries }))
          expect(p[0]).toBeCloseTo(1, 9)
          p.forEach((x, k) => expect(x).toBeLessThanOrEqual((p[k - 1] ?? 1) + 1e-12))
        },
      ),
    ))

  it('counts rows above and says how many are expected', () =>
    expect(excessOver([0.1, 0.5, 0.6], { phi: 0.3, rank: 3, canaries: 3 })).toMatchObject({
      above: 2,
      expected: 0.75,
    }))
})

describe('canaries among the rows', () => {
  const rows = (name: string, n: number) => ({
    name,
    examples: Array.from({ length: n }, (_, i) => textExample(String(i), `p${i}`, 'r')),
  })

  it('are spread evenly, with ids of their own, and the order of the data stays', () => {
    const { all, canaryIds } = mixedWith(rows('data', 6), rows('canaries', 2))
    expect(all.examples.map(({ id }) => id)).toEqual(['0', '1', 'canary:0', '2', '3', 'canary:1', '4', '5'])
    expect([...canaryIds]).toEqual(['canary:0', 'canary:1'])
  })

  it('loses no row, whatever the numbers', () =>
    fc.assert(
      fc.property(fc.nat(20), fc.nat(20), (n, m) => {
        const { all, canaryIds } = mixedWith(rows('data', n), rows('canaries', m))
        expect(all.examples).toHaveLength(n + m)
        expect(all.examples.filter(({ id }) => !canaryIds.has(id)).map(({ id }) => id)).toEqual(
          rows('data', n).examples.map(({ id }) => id),
        )
      }),
    ))

  it('may be marked by a field of the data', () => {
    const data = {
      name: 'data',
      examples: [textExample('a', 'p', 'r', { canary: 1 }), textExample('b', 'p', 'r', { canary: 0 })],
    }
    const { data: own, canaryIds, all } = markedCanaries(data)
    expect([own.examples.map(({ id }) => id), [...canaryIds], all]).toEqual([['b'], ['a'], data])
  })

  it('have their rates apart from those of the data', () => {
    const row = (id: string) => ({ id, s1: 1, s2: 1, rate: 0 })
    expect(splitRates([row('a'), row('c'), row('b')], new Set(['c']))).toEqual({
      rates: [row('a'), row('b')],
      canaries: [row('c')],
    })
  })
})
