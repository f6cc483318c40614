import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { rougeL } from '../../src/suite/matching/rouge'

interface Golden {
  readonly texts: ReadonlyArray<string>
  /** Places of reference and completion, and the score. */
  readonly scores: ReadonlyArray<readonly [number, number, number]>
}
const golden = JSON.parse(readFileSync(join(__dirname, '..', 'golden', 'rougeL.json'), 'utf8')) as Golden

describe('rougeL', () => {
  it('is that of rouge_score to the last bit, on text of many scripts', () => {
    const wrong = golden.scores.filter(
      ([reference, completion, score]) =>
        rougeL(golden.texts[completion] ?? '', golden.texts[reference] ?? '') !== score,
    )
    expect(wrong).toEqual([])
    expect(golden.scores.filter(([, , score]) => score > 0 && score < 1).length).toBeGreaterThan(100)
  })
  it('counts the longest common subsequence of words', () => {
    // police killed the gunman (Lin 2004): three of four words in order, then two.
    expect(rougeL('police kill the gunman', 'police killed the gunman')).toBe(0.75)
    expect(rougeL('the gunman kill police', 'police killed the gunman')).toBe(0.5)
    expect(rougeL('', 'a b')).toBe(0)
    expect(rougeL('a b', '')).toBe(0)
    expect(rougeL('', '')).toBe(0)
  })

  const words = fc.array(fc.constantFrom('cat', 'sat', 'on', 'the', 'mat'), { maxLength: 12 })
  it('lies in [0, 1], is symmetric, and is 1 for a text against itself', () =>
    fc.assert(
      fc.property(words, words, (a, b) => {
        const [x, y] = [a.join(' '), b.join(', ')]
        expect(rougeL(x, y)).toBeGreaterThanOrEqual(0)
        expect(rougeL(x, y)).toBeLessThanOrEqual(1)
        expect(rougeL(y, x)).toBeCloseTo(rougeL(x, y), 12)
        expect(rougeL(x, x)).toBe(a.length === 0 ? 0 : 1)
        // A word added to both ends is in the common subsequence.
        expect(rougeL(`${x} end`, `${y} end`)).toBeGreaterThanOrEqual(rougeL(x, y))
      }),
    ))
})
