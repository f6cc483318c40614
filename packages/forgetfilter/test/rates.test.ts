import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { countDecisions, decide, stays } from '../src/audit/decisions'
import { type RatedRow, forgettingRates } from '../src/rates/rates'
import { type Observation, signals } from '../src/rates/signals'
import { chooseThreshold } from '../src/thresholds/threshold'

const named = <A>(name: string, ...rows: ReadonlyArray<A>) => ({ name, rows })
const right = <A>(e: E.Either<unknown, A>): A => {
  if (E.isLeft(e)) throw new Error(JSON.stringify(e.left))
  return e.right
}
const row = (id: string, s1: number, s2: number): RatedRow => ({ id, s1, s2, rate: s1 - s2 })

describe('forgettingRates', () => {
  const l = Math.log
  const before: Observation = {
    id: 'a',
    completion: 'the cat sat',
    logProbs: [l(0.5), l(0.5)],
    correct: [true, true],
  }
  const after: Observation = {
    id: 'a',
    completion: 'a dog sat',
    logProbs: [l(0.25), l(0.125)],
    correct: [true, false],
  }
  const truth = { id: 'a', response: 'the cat sat' }

  it.each([
    ['rouge', 1, 1 / 3],
    ['token-accuracy', 1, 0.5],
    ['probability', 0.5, Math.sqrt(1 / 32)],
    ['nll', l(0.5), l(1 / 32) / 2],
    ['first-token', 0.5, 0.25],
    ['max-token', l(0.5), l(0.125)],
  ] as const)('%s: s1 %d, s2 %d', (signal, s1, s2) => {
    const [r] = right(forgettingRates(signal, named('b', before), named('a', after), named('d', truth)))
    expect(r?.s1).toBeCloseTo(s1, 12)
    expect(r?.s2).toBeCloseTo(s2, 12)
    expect(r?.rate).toBe(r!.s1! - r!.s2!)
  })

  it('stands in the order of the data, else of the first file', () => {
    const [x, y] = [
      { id: 'x', logProbs: [-1] },
      { id: 'y', logProbs: [-2] },
    ]
    const ids = (e: ReturnType<typeof forgettingRates>): ReadonlyArray<string> => right(e).map((r) => r.id)
    expect(ids(forgettingRates('nll', named('b', x, y), named('a', y, x)))).toEqual(['x', 'y'])
    const data = named('d', { id: 'y', response: '' }, { id: 'x', response: '' })
    expect(ids(forgettingRates('nll', named('b', x, y), named('a', x, y), data))).toEqual(['y', 'x'])
  })

  it('rates rows without a response token as null', () =>
    expect(
      right(
        forgettingRates('nll', named('b', { id: 'a', logProbs: [] }), named('a', { id: 'a', logProbs: [] })),
      ),
    ).toEqual([{ id: 'a', s1: null, s2: null, rate: null }]))

  const bad = (e: ReturnType<typeof forgettingRates>) => (E.isLeft(e) ? e.left : undefined)
  it('names the id that only one file has, and the file that lacks it', () => {
    const [x, y] = [
      { id: 'x', logProbs: [-1] },
      { id: 'y', logProbs: [-2] },
    ]
    expect(bad(forgettingRates('nll', named('b', x, y), named('a', x)))).toMatchObject({
      _tag: 'UnmatchedId',
      message: 'the id "y" of b is missing',
      where: 'a',
    })
    expect(bad(forgettingRates('nll', named('b', x), named('a', y, x)))).toMatchObject({
      message: 'the id "y" of a is missing',
      where: 'b',
    })
    expect(bad(forgettingRates('nll', named('b', x, x), named('a', x)))).toMatchObject({
      _tag: 'DuplicateId',
      where: 'b',
    })
  })

  it('says which file lacks what the signal reads', () => {
    const [x, y] = [named('b', { id: 'x', logProbs: [-1] }), named('a', { id: 'x', logProbs: [-1, -2] })]
    expect(bad(forgettingRates('nll', x, y))?.message).toContain('1 logProbs before and 2 after')
    expect(bad(forgettingRates('token-accuracy', x, y))).toMatchObject({
      message: 'the row "x" has no correct before the safe set',
      where: 'b',
    })
    expect(bad(forgettingRates('rouge', x, y))?.message).toBe('must be given: rouge needs the ground truth')
  })

  const logProbs = fc.array(fc.double({ min: -30, max: 0, noNaN: true }), { minLength: 1, maxLength: 6 })
  it('is antisymmetric under every signal but max-token, and 0 where nothing changed', () =>
    fc.assert(
      fc.property(logProbs, logProbs, fc.constantFrom(...signals), (one, two, signal) => {
        const n = Math.min(one.length, two.length)
        const obs = (lp: ReadonlyArray<number>): Observation => ({
          id: 'a',
          completion: lp.map((x) => Math.round(x)).join(' '),
          logProbs: lp.slice(0, n),
          correct: lp.slice(0, n).map((x) => x > -5),
        })
        const rate = (b: Observation, a: Observation): number =>
          right(
            forgettingRates(signal, named('b', b), named('a', a), named('d', { id: 'a', response: '1 2 3' })),
          )[0]!.rate!
        expect(rate(obs(one), obs(one))).toBe(0)
        if (signal !== 'max-token')
          expect(rate(obs(one), obs(two)) + rate(obs(two), obs(one))).toBeCloseTo(0, 12)
      }),
    ))
})

describe('decide', () => {
  it('drops above phi only, and judges no row that could not have been dropped', () =>
    expect(
      decide({ phi: 0.1 }, [row('a', 0.9, 0.1), row('b', 0.9, 0.85), row('c', 0.1, 0), row('d', 0.5, 0.4)]),
    ).toEqual(['dropped', 'kept', 'indeterminate', 'kept']))

  it('judges every row of log-probabilities, which can fall without bound', () =>
    expect(decide({ phi: 0.1 }, [row('a', -9, -9), row('b', -1, -3)])).toEqual(['kept', 'dropped']))

  it('takes a bar set by hand before the rate', () =>
    expect(
      decide({ phi: 0.1, minLearned: 0.5 }, [row('a', 0.4, 0), row('b', 0.5, 0), row('c', 0.6, 0.6)]),
    ).toEqual(['indeterminate', 'dropped', 'kept']))

  it('judges nothing without a threshold or a rate', () => {
    expect(decide({ phi: null }, [row('a', 1, 0)])).toEqual(['indeterminate'])
    expect(decide({ phi: 0 }, [{ id: 'a', s1: null, s2: null, rate: null }])).toEqual(['indeterminate'])
  })

  it('counts, and leaves indeterminate rows to the caller', () => {
    const made = ['kept', 'dropped', 'indeterminate', 'kept'] as const
    expect(countDecisions(made)).toEqual({ kept: 2, dropped: 1, indeterminate: 1 })
    expect(made.map(stays('keep'))).toEqual([true, false, true, true])
    expect(made.map(stays('drop'))).toEqual([true, false, false, true])
  })

  const scored = fc.array(
    fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
  )
  it('drops exactly the rows with rate above phi, for any phi', () =>
    fc.assert(
      fc.property(scored, fc.double({ min: -1, max: 1, noNaN: true }), (pairs, phi) => {
        const rows = pairs.map(([s1, s2], i) => row(String(i), s1, s2))
        expect(decide({ phi }, rows).map((d) => d === 'dropped')).toEqual(rows.map((r) => r.rate! > phi))
      }),
    ))
})

describe('chooseThreshold', () => {
  it('takes a fixed phi as it is', () =>
    expect(chooseThreshold({ method: 'fixed', phi: 0.1 }, [row('a', 1, 0)])).toMatchObject({
      method: 'fixed',
      phi: 0.1,
      abstained: false,
    }))

  it('splits by otsu', () =>
    expect(
      chooseThreshold({ method: 'otsu' }, [row('a', 0.5, 0.5), row('b', 1, 0), row('c', 1, 0)]),
    ).toMatchObject({
      method: 'otsu',
      phi: 0.5,
      diagnostics: { lowerCount: 1, upperCount: 2 },
    }))

  it.each([
    [[], 'too few'],
    [[row('a', 1, 0)], 'too few'],
    [[row('a', 1, 0), row('b', 1, 0)], 'all rates are equal'],
    [[row('a', 0, 0.9), row('b', 0, 0.2)], 'below 0'],
    [[{ id: 'a', s1: null, s2: null, rate: null }, row('b', 1, 0)], '1 rated rows are too few'],
  ])('abstains on %j', (rows, why) => {
    const t = chooseThreshold({ method: 'otsu' }, rows)
    expect(t).toMatchObject({ phi: null, abstained: true })
    expect(t.reason).toContain(why)
  })
})
