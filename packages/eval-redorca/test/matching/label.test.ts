import * as fc from 'fast-check'
import { labelIn } from '../../src/suite/matching/label'

const sentiment = labelIn(['negative', 'positive'])
const news = labelIn(['World', 'Sports', 'Business', 'Sci/Tech'])

describe('labelIn', () => {
  it.each([
    ['positive', 'positive'],
    ['  Positive.', 'positive'],
    ['**POSITIVE**', 'positive'],
    ['The sentiment is "negative", not positive', 'negative'],
    ['positive\nnegative', 'positive'],
    ['ｐｏｓｉｔｉｖｅ', 'positive'],
    ['sentiment:positive', 'positive'],
    ['positive/negative', 'positive'],
    ['positive—clearly', 'positive'],
    ['', undefined],
    [' \n', undefined],
    ['positively', undefined],
    ['appositive', undefined],
    ['positive_', undefined],
    ['positive2', undefined],
    ['non-positive', undefined],
    ['positive-ish', undefined],
    ['positivé', undefined],
    ['non-positive, so negative', 'negative'],
    ['neither', undefined],
  ])('reads %j as %j', (text, label) => expect(sentiment(text)).toBe(label))
  it.each([
    ['Sci/Tech', 'Sci/Tech'],
    ['sci/tech news', 'Sci/Tech'],
    ['Sci / Tech', undefined],
    ['worldwide sports', 'Sports'],
    ['The categories are: World', 'World'],
  ])('reads %j as the category %j', (text, label) => expect(news(text)).toBe(label))
  it('takes the longer of two labels that begin at one place, and reads blanks as equal', () => {
    const read = labelIn(['positive', 'very positive', 'very positive indeed', 'not positive'])
    expect(read('Very \n positive')).toBe('very positive')
    expect(read('very positive indeed!')).toBe('very positive indeed')
    expect(read('not positive')).toBe('not positive')
    expect(read('positive, not positive')).toBe('positive')
  })
  it('reads labels with signs, and labels of scripts without blanks', () => {
    expect(labelIn(['(a)', '(b)'])('Answer(B)')).toBe('(b)')
    expect(labelIn(['C', 'C++'])('it is C++.')).toBe('C++')
    expect(labelIn(['正面', '负面'])('这是负面的评价')).toBe('负面')
    expect(labelIn(['да', 'нет'])('нетто')).toBeUndefined()
  })
  it('finds a label between other words, whatever its case, and none in words that contain it', () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('the', 'answer', 'is:', 'positively', '12', '«', '—'), { maxLength: 6 }),
        fc.array(fc.constantFrom('negative', 'positives', '.', 'so'), { maxLength: 6 }),
        fc.constantFrom('positive', 'Positive', 'POSITIVE'),
        (before, after, word) => {
          expect(sentiment([...before, word, ...after].join(' '))).toBe('positive')
          expect(sentiment([...before, `x${word}`, `${word}x`].join(' '))).toBeUndefined()
        },
      ),
    ))
})
