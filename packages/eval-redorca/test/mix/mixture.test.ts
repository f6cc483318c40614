import * as E from 'fp-ts/Either'
import * as fc from 'fast-check'
import { type Keyed, drawn, eligible, ordered, quotaOf } from '../../src/mix/mixture'
import { normalisedPrompt, promptKey } from '../../src/mix/promptKey'
import { referenceOf, sourceName } from '../../src/mix/sourceFile'

const keyed = (...keys: string[]): ReadonlyArray<Keyed<string>> =>
  keys.map((key, i) => ({ key, row: `${key}${i}` }))

describe('normalisedPrompt', () => {
  it.each([
    ['case and blanks', '  How DO\tI\n\nbake? ', 'how do i bake?'],
    ['compatible characters', 'ﬁve ① Ａ\u00a0b', 'five 1 a b'],
    ['composed accents', 'cafe\u0301', 'caf\u00e9'],
  ])('evens %s', (_, text, key) => expect(normalisedPrompt(text)).toBe(key))
  it('tells punctuation and accents apart', () => {
    expect(normalisedPrompt('bake?')).not.toBe(normalisedPrompt('bake'))
    expect(normalisedPrompt('resume')).not.toBe(normalisedPrompt('résumé'))
  })
  it('normalises once and for all', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const once = normalisedPrompt(text)
        expect(normalisedPrompt(once)).toBe(once)
        expect(normalisedPrompt(` ${text.toUpperCase().toLowerCase()}\n`)).toBe(
          normalisedPrompt(text.toUpperCase().toLowerCase()),
        )
      }),
    )
  })
  it('a conversation of one turn meets the same text, one of two turns does not', () => {
    const user = (content: string) => ({ role: 'user' as const, content })
    expect(
      promptKey({ kind: 'messages', messages: [{ role: 'system', content: 's' }, user('Hi  there')] }),
    ).toBe(promptKey({ kind: 'text', text: 'hi there' }))
    expect(promptKey({ kind: 'messages', messages: [user('hi'), user('there')] })).not.toBe(
      promptKey({ kind: 'text', text: 'hi there' }),
    )
    expect(promptKey({ kind: 'tokens', tokens: [1, 2] })).toBe('tokens 1 2')
  })
})

describe('eligible', () => {
  it('keeps the first row of each prompt that is neither kept out nor taken', () => {
    expect(eligible(keyed('a', 'b', 'a', 'c', 'd'), new Set(['b']), new Set(['c']))).toEqual({
      rows: [
        { key: 'a', row: 'a0' },
        { key: 'd', row: 'd4' },
      ],
      excluded: 1,
      duplicates: 2,
    })
  })
})

describe('a mixture', () => {
  const words = fc.array(fc.constantFrom(...Array.from('abcdefghijklmnop')), { maxLength: 40 })
  it('is disjoint from what is kept out, has no prompt twice, and has its share', () => {
    fc.assert(
      fc.property(
        words,
        words,
        words,
        fc.nat(20),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(99),
        (good, bad, out, n, share, seed) => {
          const excluded = new Set(out)
          const unsafe = eligible(keyed(...bad), excluded)
          const instructions = eligible(keyed(...good), excluded, new Set(unsafe.rows.map((r) => r.key)))
          const quota = quotaOf(n, share)
          expect(quota.unsafe + quota.instructions).toBe(n)
          expect(Math.abs(quota.unsafe - share * n)).toBeLessThanOrEqual(0.5)
          const parts = [
            drawn(unsafe, quota.unsafe, seed, 'unsafe', 'u'),
            drawn(instructions, quota.instructions, seed, 'instructions', 'i'),
          ]
          const short = unsafe.rows.length < quota.unsafe || instructions.rows.length < quota.instructions
          expect(parts.some(E.isLeft)).toBe(short)
          if (short) return
          const rows = parts.flatMap((p) => (E.isRight(p) ? p.right : []))
          const mixed = ordered(rows, seed)
          expect([...mixed].sort()).toEqual([...rows].sort())
          expect(new Set(mixed.map((r) => r[0])).size).toBe(n)
          expect(mixed.some((r) => excluded.has(r[0] ?? ''))).toBe(false)
        },
      ),
    )
  })
  it('contains the unsafe rows of a smaller share of the same seed', () => {
    const pool = eligible(keyed(...Array.from('abcdefghij')), new Set())
    const take = (n: number): ReadonlyArray<string> => {
      const rows = drawn(pool, n, 7, 'unsafe', 'u')
      return E.isRight(rows) ? rows.right : []
    }
    for (let n = 1; n < 10; n++) expect(take(n + 1)).toEqual(expect.arrayContaining([...take(n)]))
  })
})

describe('names', () => {
  it('give a hub file by its commit, and a source without folder and ending', () => {
    expect(referenceOf('/h/hub/datasets--Org--data--x/snapshots/abc/deep/train.jsonl')).toBe(
      'hub:Org/data--x/deep/train.jsonl@abc',
    )
    expect(referenceOf('data/train.jsonl')).toBe('data/train.jsonl')
    expect(sourceName('a/b/hh.test.jsonl.gz')).toBe('hh.test')
    expect(sourceName('hex-phi.csv')).toBe('hex-phi')
  })
})
