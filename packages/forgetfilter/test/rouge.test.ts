import * as fc from 'fast-check'
import { porterStem } from '../src/rates/porter'
import { rouge1, rougeTokens } from '../src/rates/rouge'
import golden from './golden/rouge.json'

describe('porterStem', () => {
  it('stems as NLTK does, irregular words and extensions included', () => {
    const wrong = Object.entries(golden.stems).filter(([word, stem]) => porterStem(word) !== stem)
    expect(wrong).toEqual([])
    expect(Object.keys(golden.stems).length).toBeGreaterThan(2000)
  })

  it.each([
    ['dying', 'die'],
    ['enjoyment', 'enjoy'],
    ['hopefully', 'hope'],
    ['geology', 'geolog'],
    ['dies', 'die'],
    ['flies', 'fli'],
  ])('%s -> %s', (word, stem) => expect(porterStem(word)).toBe(stem))
})

describe('rouge1', () => {
  it('is rouge_score to the last bit, on text of many scripts', () => {
    const wrong = golden.scores.filter(([target, prediction, precision, recall, fmeasure]) => {
      const got = rouge1(golden.texts[target!]!, golden.texts[prediction!]!)
      return got.precision !== precision || got.recall !== recall || got.fmeasure !== fmeasure
    })
    expect(wrong).toEqual([])
  })

  it('clips repeated words', () => {
    expect(rouge1('the cat', 'the the the the')).toEqual({
      precision: 1 / 4,
      recall: 1 / 2,
      fmeasure: (2 * 0.25 * 0.5) / 0.75,
    })
  })

  it('leaves short words unstemmed and drops everything but letters and digits', () =>
    expect(rougeTokens("It's 3 running dogs, gas")).toEqual(['it', 's', '3', 'run', 'dog', 'gas']))

  it('is 0 where either side has no word', () => {
    expect(rouge1('', 'a b').fmeasure).toBe(0)
    expect(rouge1('…', '').fmeasure).toBe(0)
  })

  const words = fc.array(fc.constantFrom('cat', 'cats', 'dog', 'running', 'run', 'Ünder', '7'), {
    maxLength: 12,
  })
  it('lies in [0, 1], is symmetric, ignores order, and is 1 for a text against itself', () =>
    fc.assert(
      fc.property(words, words, (a, b) => {
        const [x, y] = [a.join(' '), b.join(' ')]
        const f = rouge1(x, y).fmeasure
        expect(f).toBeGreaterThanOrEqual(0)
        expect(f).toBeLessThanOrEqual(1)
        expect(rouge1(y, x).fmeasure).toBe(f)
        expect(rouge1([...a].reverse().join(' '), y).fmeasure).toBe(f)
        expect(rouge1(x, x).fmeasure).toBe(a.length === 0 ? 0 : 1)
        expect(rouge1(x, y).precision).toBe(rouge1(y, x).recall)
      }),
    ))
})
