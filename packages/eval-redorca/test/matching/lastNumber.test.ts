import * as fc from 'fast-check'
import { lastNumber, sameLastNumber } from '../../src/suite/matching/lastNumber'

describe('lastNumber', () => {
  it('takes linear time', () => {
    const zeros = '0'.repeat(300_000)
    expect(lastNumber(`1.${zeros}1`)).toBe(`1.${zeros}1`)
    expect(lastNumber(`1.${zeros}`)).toBe('1')
    expect(lastNumber(`${'1,'.repeat(100_000)}x`)).toBe('1')
    expect(lastNumber('1,111'.repeat(60_000))).toBeDefined()
  })
  it.each([
    ['', undefined],
    ['none at all', undefined],
    ['-', undefined],
    ['.', undefined],
    ['the answer is 7', '7'],
    ['first 2, then #### 3,000.', '3000'],
    ['1,234,567.50 in all', '1234567.5'],
    ['$1,050', '1050'],
    ['-$3', '-3'],
    ['x = -5', '-5'],
    ['it is \u22125 degrees', '-5'],
    ['it is \u20135 degrees', '-5'],
    ['(3)-5', '5'],
    ['10-5', '5'],
    ['10 - 5', '5'],
    ['the years 1990-1995', '1995'],
    ['the years 1990\u20131995', '1995'],
    ['about .5', '0.5'],
    ['3.0', '3'],
    ['007', '7'],
    ['0.50', '0.5'],
    ['-0', '0'],
    ['0', '0'],
    ['in 2019,2020', '2020'],
    ['1,0000', '0'],
    ['12,34', '34'],
    ['48/2=<<48/2=24>>24', '24'],
    ['50%', '50'],
    ['5 m²', '5'],
    ['H2O', '2'],
    ['End.5', '5'],
  ])('of %j is %j', (text, number) => expect(lastNumber(text)).toBe(number))

  const thousands = (whole: number): string => whole.toLocaleString('en-US')
  it('is the same for every spelling of a number, after any text', () =>
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 9_999_999 }),
        fc.option(fc.integer({ min: 1, max: 99 })),
        fc.boolean(),
        fc.constantFrom('', 'so 12 apples; ', 'a = 3\nb = ', '(4) '),
        (whole, cents, negative, before) => {
          const decimals = cents === null ? '' : `.${String(cents).padStart(2, '0')}`
          const zero = whole === 0 && cents === null
          const value = `${negative && !zero ? '-' : ''}${String(whole)}${decimals.replace(/0+$/, '')}`
          const sign = negative ? '-' : ''
          for (const spelt of [
            `${sign}${whole}${decimals}`,
            `${sign}${thousands(whole)}${decimals}`,
            `${sign}$${thousands(whole)}${decimals}`,
            `${sign}00${whole}${decimals}`,
            `${negative ? '\u2212' : ''}${whole}${decimals === '' ? '.0' : `${decimals}0`}`,
          ])
            expect(lastNumber(`${before}${spelt} in all.`)).toBe(value)
        },
      ),
    ))
})

describe('sameLastNumber', () => {
  it('needs a number on both sides', () => {
    expect(sameLastNumber('it is 3,000', 'so #### 3000')).toBe(true)
    expect(sameLastNumber('3000 and 1', 'so #### 3000')).toBe(false)
    expect(sameLastNumber('3.0', '3')).toBe(true)
    expect(sameLastNumber('-3', '3')).toBe(false)
    expect(sameLastNumber('', '')).toBe(false)
    expect(sameLastNumber('none', 'none')).toBe(false)
  })
})
