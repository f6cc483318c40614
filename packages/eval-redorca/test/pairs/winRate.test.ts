import * as E from 'fp-ts/Either'
import * as TE from 'fp-ts/TaskEither'
import * as fc from 'fast-check'
import type { Preference } from '@safe/tensor-core/contracts'
import { type PairVerdict, combined, pairVerdicts, scoreOf } from '../../src/pairs/verdict'
import { type JudgedPair, pairAgreement, winRateOf, winRatesOf } from '../../src/pairs/winRate'
import { longer, pairJudge } from '../fakes/pairJudge'

const preferences: ReadonlyArray<Preference | null> = ['a', 'b', 'tie', null]
const verdictOf = async (
  judge: Parameters<typeof pairVerdicts>[0],
  a: string,
  b: string,
): Promise<PairVerdict> => {
  const found = await pairVerdicts(judge)([{ id: 'x', prompt: 'p', a, b }])()
  if (E.isLeft(found)) throw new Error(found.left.message)
  return found.right[0] ?? null
}

describe('both orders', () => {
  it.each<[Preference | null, Preference | null, PairVerdict]>([
    ['a', 'b', 'a'],
    ['b', 'a', 'b'],
    ['tie', 'tie', 'tie'],
    ['a', 'a', 'order'],
    ['b', 'b', 'order'],
    ['a', 'tie', 'order'],
    ['tie', 'b', 'order'],
    ['a', null, null],
    [null, 'b', null],
  ])('%s, then %s, is %s', (there, back, verdict) => expect(combined(there, back)).toBe(verdict))
  it('sees the answers and not their place', async () => {
    expect(await verdictOf(pairJudge('length', longer), 'long one', 'short')).toBe('a')
    expect(await verdictOf(pairJudge('length', longer), 'short', 'long one')).toBe('b')
    expect(
      await verdictOf(
        pairJudge('first', () => 'a'),
        'x',
        'y',
      ),
    ).toBe('order')
    expect(
      await verdictOf(
        pairJudge('mute', () => null),
        'x',
        'y',
      ),
    ).toBeNull()
  })
  it('does not ask about equal answers', async () => {
    const asked: string[] = []
    const judge = pairJudge(
      'first',
      () => 'a',
      (pairs) => asked.push(...pairs.map((p) => p.prompt)),
    )
    const pairs = ['same', 'other'].map((b) => ({ id: 'x', prompt: b, a: 'same', b }))
    expect(await pairVerdicts(judge)(pairs)()).toEqual(E.right(['tie', 'order']))
    expect(asked).toEqual(['other', 'other'])
  })
  it('refuses a judge that loses pairs', async () => {
    const judge = { ...pairJudge('lost', longer), compare: () => TE.right([]) }
    expect(await pairVerdicts(judge)([{ id: 'x', prompt: 'p', a: '1', b: '2' }])()).toMatchObject({
      left: { _tag: 'JudgeFailed' },
    })
  })
})

describe('winRateOf', () => {
  const pairs = (...verdicts: PairVerdict[]): ReadonlyArray<JudgedPair> =>
    verdicts.map((verdict, i) => ({ verdict, cluster: String(i) }))
  it('counts ties and changed answers half, and unparsed ones not at all', () => {
    expect(winRateOf(pairs('a', 'a', 'tie', 'order', 'b', null), 1)).toMatchObject({
      n: 5,
      winRate: { value: 0.6, n: 5 },
      ties: 1,
      inconsistent: 1,
      unparseable: 1,
      bounds: { low: 0.5, high: 4 / 6 },
    })
    expect(winRateOf(pairs('a'), 1)).not.toHaveProperty('bounds')
    expect(winRateOf(pairs(null), 1)).toMatchObject({ n: 0, winRate: null, bounds: { low: 0, high: 1 } })
  })
  it('mirrors when the systems change places', () => {
    const swapped: Readonly<Record<string, PairVerdict>> = { a: 'b', b: 'a', tie: 'tie', order: 'order' }
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<PairVerdict>('a', 'b', 'tie', 'order', null), {
          minLength: 1,
          maxLength: 30,
        }),
        (list) => {
          const rate = winRateOf(pairs(...list), 1).winRate
          const mirror = winRateOf(
            pairs(...list.map((v) => (v === null ? null : (swapped[v] ?? null)))),
            1,
          ).winRate
          expect(mirror === null).toBe(rate === null)
          if (rate !== null) expect(mirror?.value).toBeCloseTo(1 - rate.value, 12)
        },
      ),
      { numRuns: 20 },
    )
  })
  it('has a wider interval where a prompt has many pairs, and a width where all are won', () => {
    const list = Array.from({ length: 60 }, (_, i): JudgedPair => ({
      verdict: Math.floor(i / 6) % 2 === 0 ? 'a' : 'b',
      cluster: String(i),
    }))
    const plain = winRateOf(list, 1).winRate
    const clustered = winRateOf(
      list.map((p, i) => ({ ...p, cluster: String(Math.floor(i / 6)) })),
      1,
    ).winRate
    expect(clustered!.high - clustered!.low).toBeGreaterThan(1.8 * (plain!.high - plain!.low))
    const won = winRateOf(pairs('a', 'a', 'a', 'a'), 1).winRate
    expect(won).toMatchObject({ value: 1, high: 1 })
    expect(won?.low).toBeLessThan(0.6)
  })
  it('averages the safety sets, each alike', () => {
    const set = (name: string, ...verdicts: PairVerdict[]) =>
      pairs(...verdicts).map((p) => ({ ...p, set: name }))
    const all = [...set('hh', 'a', 'a', 'a', 'b'), ...set('hex-phi', 'b', 'a'), ...set('orca', 'b', 'b')]
    const found = winRatesOf(all, ['hh', 'hex-phi'], 1)
    expect(found.sets?.['hh']?.winRate?.value).toBe(0.75)
    expect(found.sets?.['orca']?.winRate?.value).toBe(0)
    expect(found.safetyAvg).toMatchObject({ value: 0.625, n: 6 })
    expect(found.safetyAvg!.low).toBeLessThan(0.625)
    expect(winRatesOf(all, ['hh', 'other'], 1)).not.toHaveProperty('safetyAvg')
  })
})

describe('pairAgreement', () => {
  it('is 1 for equal verdicts, and takes a changed answer for a tie', () => {
    expect(
      pairAgreement([
        ['a', 'b', 'tie', null],
        ['a', 'b', 'order', 'a'],
      ]),
    ).toBe(1)
    expect(
      pairAgreement([
        ['a', 'b'],
        ['b', 'a'],
      ]),
    ).toBeLessThan(0)
    expect(preferences.map((p) => (p === null ? scoreOf(null) : scoreOf(p)))).toEqual([1, 0, 0.5, null])
  })
})
